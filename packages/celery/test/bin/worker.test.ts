import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type LooseSettings, TaskRevokedError, TimeLimitExceeded } from '../../src/index.ts'
import { FileGate } from '../concurrency/file-gate.ts'
import { queueSize } from '../memory-app.ts'
import { createApp } from '../process-app.ts'
import { serviceFrom } from '../service.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { CeleryProcess } from './celery-process.ts'

/** A client on files of its own, and how to start a worker for it from the command line. */
async function onFiles(t: TestContext, { brokerUrl = '', ...others }: LooseSettings = {}) {
  const folder = await temporaryFolder(t)
  const settings = {
    brokerUrl: brokerUrl || `sqlite:///${join(folder, 'broker.sqlite')}`,
    resultBackend: `sqlite:///${join(folder, 'results.sqlite')}`,
  }
  const { app, tasks } = createApp({ ...settings, ...others })
  t.after(() => app.close())
  const global = ['-b', String(settings.brokerUrl), '--result-backend', settings.resultBackend]
  const worker = (...options: string[]) => new CeleryProcess([...global, 'worker', '-l', 'info', ...options])
  return { app, tasks, folder, worker }
}

/** Two late-acknowledged tasks begin, their worker is killed, and the next one has them. */
async function survivesKill({ tasks, folder, worker }: Awaited<ReturnType<typeof onFiles>>, queue: string) {
  await using killed = worker('-c', '2', '-Q', queue)
  const results = [await tasks.passLate.delay(folder, 'a'), await tasks.passLate.delay(folder, 'b')]
  await Promise.all(['a', 'b'].map((name) => new FileGate(folder, name).entered()))
  killed.kill('SIGKILL')
  assert.equal(await killed.ended(), 'SIGKILL') // its children had the other end of its stdout, too
  await Promise.all(['a', 'b'].map((name) => new FileGate(folder, name).open()))
  await using next = worker('-c', '2', '-Q', queue)
  assert.deepEqual(await Promise.all(results.map((result) => result.get({ timeout: 30 }))), ['a', 'b'])
  const runs = (await readFile(join(folder, 'runs'), 'utf8')).trimEnd().split('\n')
  assert.deepEqual(runs.toSorted(), ['a', 'a', 'b', 'b'])
  next.kill('SIGTERM')
  assert.equal(await next.ended(), 0)
}

describe('celery worker', { timeout: 180_000, concurrency: 2 }, () => {
  it('shows where it listens, how it works and what it can do', async (t) => {
    const { folder, worker } = await onFiles(t)
    await using running = worker('-c', '2', '-P', 'prefork', '-Q', 'mail,video', '-n', 'w1@%h')
    await running.said(/w1@.* ready\./)
    for (const line of [
      / w1@\S+$/m,
      /\.> app: +processes$/m,
      new RegExp(`\\.> transport: +sqlite:///${folder}/broker\\.sqlite$`, 'm'),
      new RegExp(`\\.> results: +sqlite:///${folder}/results\\.sqlite$`, 'm'),
      /\.> concurrency: 2 \(prefork\)$/m,
      /\.> mail exchange=mail\(direct\) key=mail$/m,
      /\.> video exchange=video\(direct\) key=video$/m,
      / \. tasks\.add$/m,
    ]) {
      assert.match(running.stdout, line)
    }
    assert.doesNotMatch(running.stdout, /\.> celery exchange/)
    running.kill('SIGTERM')
    assert.equal(await running.ended(), 0)
  })

  it('runs tasks of the queues it was given', async (t) => {
    const { tasks, worker } = await onFiles(t)
    await using running = worker('-P', 'solo', '-Q', 'video')
    await running.said(/ready\./)
    const other = await tasks.add.delay(1, 1)
    assert.equal(await (await tasks.add.applyAsync({ args: [2, 3], queue: 'video' })).get({ timeout: 20 }), 5)
    assert.equal(await other.state(), 'PENDING')
    running.kill('SIGINT')
    assert.equal(await running.ended(), 1) // as Celery's
  })

  it('finishes what runs on SIGTERM', async (t) => {
    const { app, tasks, folder, worker } = await onFiles(t)
    await using running = worker('-c', '1')
    const result = await tasks.passLate.delay(folder, 'a')
    const gate = new FileGate(folder, 'a')
    await gate.entered()
    running.kill('SIGTERM')
    await running.said(/^worker: Warm shutdown \(MainProcess\)$/m)
    running.kill('SIGTERM') // changes nothing
    await running.said(/Warm shutdown[\s\S]*Warm shutdown/)
    await gate.open()
    assert.equal(await running.ended(), 0)
    assert.deepEqual([await result.get({ timeout: 20 }), await queueSize(app)], ['a', 0])
  })

  for (const pool of ['prefork', 'threads', 'async']) {
    it(`gives back what runs on SIGQUIT, also while it finishes (${pool})`, async (t) => {
      const { app, tasks, folder, worker } = await onFiles(t)
      await using running = worker('-c', '1', '-P', pool)
      const result = await tasks.passLate.delay(folder, 'a')
      await new FileGate(folder, 'a').entered()
      running.kill('SIGTERM')
      await running.said(/Warm shutdown/)
      running.kill('SIGQUIT')
      await running.said(/Cold shutdown/)
      assert.equal(await running.ended(), 0)
      assert.deepEqual([await result.state(), await queueSize(app)], ['PENDING', 1])
    })
  }

  it('on the second SIGINT lets tasks go on for a while before it ends them, unless there is a third', async (t) => {
    const { app, tasks, folder, worker } = await onFiles(t)
    const settings = join(folder, 'settings.mjs')
    await writeFile(settings, 'export default { workerSoftShutdownTimeout: 600 }')
    const interrupt = async (running: CeleryProcess, name: string) => {
      const result = await tasks.passLate.delay(folder, name)
      await new FileGate(folder, name).entered()
      running.kill('SIGINT')
      await running.said(/Hitting Ctrl\+C again will initiate cold shutdown/)
      running.kill('SIGINT')
      await running.said(/Initiating Soft Shutdown, terminating in 600 seconds/)
      return result
    }
    await using finishes = worker('-c', '1', '--config', settings)
    const finished = await interrupt(finishes, 'a')
    await new FileGate(folder, 'a').open()
    assert.equal(await finishes.ended(), 1)
    assert.equal(await finished.state(), 'SUCCESS')
    await using givesUp = worker('-c', '1', '--config', settings)
    const givenUp = await interrupt(givesUp, 'b')
    givesUp.kill('SIGINT')
    await givesUp.said(/Waiting gracefully for cold shutdown to complete/)
    assert.equal(await givesUp.ended(), 1)
    assert.deepEqual([await givenUp.state(), await queueSize(app)], ['PENDING', 1])
  })

  it('remembers what was revoked when it is killed, with --statedb', async (t) => {
    const { app, tasks, folder, worker } = await onFiles(t)
    const options = ['-P', 'solo', '-n', 'w1@%h', '--statedb', join(folder, '%n.state')]
    await using killed = worker(...options)
    await killed.said(/ready\./)
    const id = randomUUID()
    assert.equal((await app.control.revoke(id, { reply: true, limit: 1, timeout: 20 })).length, 1)
    killed.kill('SIGKILL')
    assert.equal(await killed.ended(), 'SIGKILL')
    const result = await tasks.add.applyAsync({ args: [1, 1], taskId: id })
    await using next = worker(...options)
    await next.said(/Discarding revoked task/)
    await assert.rejects(result.get({ timeout: 20 }), TaskRevokedError)
    next.kill('SIGTERM')
    assert.equal(await next.ended(), 0)
  })

  it('scales its pool, leaves queues out, imports more, and keeps to its files', async (t) => {
    const { app, tasks, folder, worker } = await onFiles(t, { taskQueues: ['celery', 'mail'] })
    const more = join(folder, 'more.mjs')
    await writeFile(more, "console.log('imported: more')")
    const waiting = await tasks.add.applyAsync({ args: [1, 1], queue: 'celery' })
    const pidfile = join(folder, '%n.pid')
    await using running = worker(
      ...['--autoscale', '1,2', '-P', 'async', '-Q', 'celery,mail', '-X', 'mail', '-I', more, '-O', 'fair'],
      ...['-n', 'w1@%h', '--pidfile', pidfile, '--umask', '077', '--purge', '--events', '--disable-prefetch'],
      ...['-f', join(folder, '%n.log')],
    )
    await running.said(/concurrency: \{min=1, max=2\} \(async\)/)
    assert.match(running.stdout, /purge: Erased 1 message from the queue/)
    await (await tasks.add.applyAsync({ args: [2, 3], queue: 'celery' })).get({ timeout: 20 })
    assert.match(running.stdout, /imported: more/)
    const [reply] = await app.control.request('active_queues', { limit: 1, timeout: 20 })
    assert.deepEqual(
      Object.values(reply as Record<string, { name: string }[]>)[0]?.map(({ name }) => name),
      ['celery'],
    )
    assert.equal(await waiting.state(), 'PENDING')
    assert.equal(Number(await readFile(join(folder, 'w1.pid'), 'utf8')), running.process.pid)
    assert.equal((await stat(join(folder, 'w1.pid'))).mode & 0o777, 0o600)
    await using second = worker('-P', 'solo', '-n', 'w1@%h', '--pidfile', pidfile)
    assert.notEqual(await second.ended(), 0)
    assert.match(second.stderr, /w1\.pid\) already exists/)
    running.kill('SIGTERM')
    assert.equal(await running.ended(), 0)
    await assert.rejects(stat(join(folder, 'w1.pid')), { code: 'ENOENT' })
    assert.match(await readFile(join(folder, 'w1.log'), 'utf8'), /ready\./)
  })

  for (const [args, instead] of [
    [['-D'], /It is not here\. Have a service manager run it in the background/],
    [['--uid', '1000'], /User=/],
    [['--gid', '1000'], /Group=/],
    [['--executable', 'python'], /Start the worker with the Node you want/],
    [['--autoscale', '1,2,3'], /such as --autoscale=10,3/],
    [['--umask', '9'], /It must be an octal number/],
  ] as const) {
    it(`refuses ${args.join(' ')}, and says what to do instead`, async (t) => {
      const { worker } = await onFiles(t)
      await using running = worker(...args)
      assert.notEqual(await running.ended(), 0)
      assert.match(running.stderr, instead)
    })
  }

  it('that is killed leaves no children, and its messages to the next', async (t) => {
    await survivesKill(await onFiles(t), 'celery')
  })

  const amqp = serviceFrom('AMQP_URL')
  it('that is killed leaves its messages in RabbitMQ to the next', { skip: amqp.skip }, async (t) => {
    const queue = `test.${randomUUID()}`
    const client = await onFiles(t, { brokerUrl: amqp.value, taskDefaultQueue: queue })
    await survivesKill(client, queue)
    const channel = await client.app.connection.channel()
    await channel.queueDelete(queue)
    await channel.exchangeDelete(queue)
  })

  for (const pool of ['prefork', 'threads']) {
    it(`limits its tasks and its children (${pool})`, async (t) => {
      const { tasks, folder, worker } = await onFiles(t)
      const limits = ['--time-limit', '0.5', '--soft-time-limit', '0.1', '--max-tasks-per-child', '1']
      await using running = worker('-c', '1', '-P', pool, ...limits, '--max-memory-per-child', '4000000')
      await assert.rejects((await tasks.spin.delay(folder)).get({ timeout: 20 }), TimeLimitExceeded)
      assert.equal(await (await tasks.add.delay(2, 3)).get({ timeout: 20 }), 5)
      await running.said(/leaves the pool: it has run 1 of 1 tasks/)
      running.kill('SIGTERM')
      assert.equal(await running.ended(), 0)
    })
  }

  it('that is told to stop while it starts stops', async (t) => {
    const { worker } = await onFiles(t)
    await using running = worker('-c', '2')
    await running.said(/\[tasks\]/)
    running.kill('SIGTERM')
    assert.equal(await running.ended(), 0)
  })

  it('writes its log to a file', async (t) => {
    const { folder, worker } = await onFiles(t)
    const path = join(folder, 'logs', 'worker.log')
    await using running = worker('-P', 'solo', '-f', path, '-n', 'w2@test')
    await running.said(/\[tasks\]/)
    running.kill('SIGTERM')
    assert.equal(await running.ended(), 0)
    assert.match(await readFile(path, 'utf8'), /"level":/)
    assert.equal(running.stderr, '')
  })
})
