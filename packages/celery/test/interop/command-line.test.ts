/** Our command line against a worker of Python Celery says what Python's own says of it in the same state. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import type { Celery } from '../../src/index.ts'
import { describeOverBrokers, Ground } from './border.ts'
import { createApp } from './interop-app.ts'
import { LineProcess } from './line-process.ts'
import { PythonClient, PythonWorker } from './python-processes.ts'

const COMMAND = join(import.meta.dirname, '../../src/bin/celery.ts')

interface Said {
  readonly code: number
  readonly stdout: string
}

/** Both command lines on one ground. */
class CommandLines {
  readonly ground: Ground
  readonly #python: PythonClient

  constructor(ground: Ground) {
    this.ground = ground
    this.#python = new PythonClient(ground.python, 'celery_command.py')
  }

  /** What both say, Python's first. Neither waits for the other one: this is for what changes nothing. */
  run(...args: readonly string[]): Promise<readonly [Said, Said]> {
    return Promise.all([this.theirs(...args), this.ours(...args)])
  }

  /** The same for what one of them must do before the other one. */
  async runInTurn(...args: readonly string[]): Promise<readonly [Said, Said]> {
    return [await this.theirs(...args), await this.ours(...args)]
  }

  async theirs(...args: readonly string[]): Promise<Said> {
    const { code, stdout } = await this.#python.ask('run', { args })
    return { code: Number(code), stdout: String(stdout) }
  }

  ours(...args: readonly string[]): Promise<Said> {
    const [file, all, variables] = this.ourProcess(args)
    const options = { cwd: import.meta.dirname, env: { ...process.env, ...variables } }
    return new Promise((resolve) => {
      execFile(file, all, options, (error, stdout) =>
        resolve({ code: error ? Number(error.code) : 0, stdout }),
      )
    })
  }

  /** Program, arguments and environment. */
  ourProcess(args: readonly string[]) {
    const env = {
      INTEROP_SETTINGS: JSON.stringify(this.ground.settings),
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
    }
    return [process.execPath, [COMMAND, '-A', './interop-app.ts', ...args], env] as const
  }

  theirProcess(args: readonly string[]) {
    const { python, variables } = this.ground.python
    return [python, ['-W', 'ignore', '-m', 'celery', '-A', 'interop_tasks', ...args], variables] as const
  }

  close(): Promise<void> {
    return this.#python.end()
  }
}

function assertSame([theirs, ours]: readonly [Said, Said], args: readonly string[]): void {
  assert.deepEqual(ours, theirs, args.join(' '))
  assert.equal(ours.code, 0)
}

/** An event's line without what differs by who hears it. JSON does not tell 1.0 from 1, and Python does. */
function comparable(line: string): string {
  return line.replace(/local_received=[\d.]+/, '').replaceAll(/(\d)\.0(?![\d])/g, '$1')
}

describeOverBrokers("our command line and Python's", 180_000, (broker) => {
  let ground: Ground
  let lines: CommandLines
  let worker: PythonWorker
  let app: Celery
  let node: string

  before(async () => {
    ground = new Ground(broker, {}, { worker_send_task_events: true, result_extended: true })
    lines = new CommandLines(ground)
    node = `theirs@${ground.run}`
    app = createApp(ground.settings)
    worker = new PythonWorker(ground.python, ground.theirs, node, { pool: 'prefork', concurrency: 1 })
    await worker.ready()
  })

  after(async () => {
    await Promise.all([worker.end(), lines.close()])
    await app.close()
    await ground.forget()
  })

  const send = (name: string, options: object = {}) =>
    app.sendTask(name, { queue: ground.theirs, ...options })

  it('show the worker alike', async () => {
    const { id } = await send('py.add', { args: [1, '한국'], countdown: 600 })
    await scheduled([id])
    const states = [
      ...[['status'], ['-q', 'inspect', 'ping'], ['inspect', 'scheduled'], ['inspect', 'active_queues']],
      ...[
        ['inspect', 'registered'],
        ['inspect', 'query_task', id],
      ],
    ]
    for (const state of states) assertSame(await lines.run(...state, '-d', node, '-t', '30'), state)
    const [theirs, ours] = await lines.run('inspect', 'query_task', id, '-j', '-d', node, '-t', '30')
    assert.deepEqual(JSON.parse(ours.stdout), JSON.parse(theirs.stdout))
    await app.control.revoke(id)
  })

  it('change the worker alike', async () => {
    const changes = [
      ['rate_limit', 'py.add', '100/s'],
      ['rate_limit', 'no.such', '1/s'],
      ['pool_grow', '1'],
    ]
    for (const change of changes)
      assertSame(await lines.runInTurn('control', ...change, '-d', node, '-t', '30'), change)
  })

  it('list the same commands', async () => {
    for (const type of ['inspect', 'control']) {
      const [theirs, ours] = await lines.run(type, '--list')
      const names = ({ stdout }: Said) => [...stdout.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name)
      // Ours do not answer an election, and it would end a worker in Python that is alone.
      assert.deepEqual(
        names(ours),
        names(theirs).filter((name) => name !== 'election'),
      )
      assert.ok(names(ours).length > 10)
    }
  })

  it('call with the same options the same call', async () => {
    const options = [
      ...['-a', '["a"]', '-k', '{"y": "b"}', '--expires', '900', '--serializer', 'json'],
      ...['--exchange', ground.theirs, '--routing-key', ground.theirs],
    ]
    for (const when of [
      ['--countdown', '600'],
      ['--eta', '2100-01-31T18:00:00+00:00'],
    ]) {
      const ids = (await lines.run('call', 'py.add', ...options, ...when)).map(({ stdout }) => stdout.trim())
      const held = await scheduled(ids)
      assert.deepEqual(held[0], held[1], when.join(' '))
      await app.control.revoke(ids)
    }
  })

  /** What the worker says of tasks that it holds, once it has them all. */
  async function scheduled(ids: readonly string[]) {
    for (;;) {
      const said = await app.control.inspect({ destination: [node], timeout: 30 }).scheduled()
      const found = ids.map((id) => said?.[node]?.find(({ request }) => request.id === id))
      if (found.every((task) => task !== undefined))
        return found.map(({ request }) => ({ ...request, id: '', time_start: 0 }))
    }
  }

  it('print the same results', async () => {
    for (const [name, args] of [
      ['py.add', ['한', '국']],
      ['py.values', [1, null, [true, 'x'], { a: 1.5e-7 }]],
    ] as const) {
      const result = await send(name, { args })
      await result.get({ timeout: 30 })
      const [theirs, ours] = await lines.run('result', result.id)
      assert.deepEqual(ours, theirs)
    }
    const failed = await send('py.fail', { args: ['no'] })
    await assert.rejects(failed.get({ timeout: 30 }))
    const [theirs, ours] = await lines.run('result', failed.id, '--traceback')
    assert.deepEqual(ours, theirs)
    assert.match(ours.stdout, /^Traceback [\s\S]*ValueError: \('no', 3\)/)
    assert.deepEqual((await lines.ours('result', failed.id)).code, 1)
  })

  it('purge the same queues', async () => {
    const [kept, purged] = [`${ground.run}.more`, `${ground.run}.purged`]
    for (const queue of [kept, purged]) await send('no.such', { queue })
    const [theirs, ours] = await lines.runInTurn('purge', '-f', '-Q', `${kept},${purged}`, '-X', kept)
    assert.deepEqual(
      [theirs.stdout, ours.stdout],
      ['Purged 1 message from 1 known task queue.\n', 'No messages purged from 1 queue.\n'],
    )
  })

  it('dump the same events, line for line', async () => {
    await using theirEar = new LineProcess(...lines.theirProcess(['events', '--dump']))
    await using ourEar = new LineProcess(...lines.ourProcess(['events', '--dump']))
    const ears = [theirEar, ourEar]
    for (const ear of ears) await ear.said(/^-> evdump: starting capture\.\.\.$/)
    for (const ear of ears) await ear.said(new RegExp(`^${node} .* heartbeat: `))
    const good = await send('py.add', { args: [1, 2], kwargs: {} })
    const bad = await send('py.fail', { args: ['한국어\n'] })
    await good.get({ timeout: 30 })
    await assert.rejects(bad.get({ timeout: 30 }))
    for (const ear of ears) {
      await ear.said(new RegExp(`task failed: py\\.fail\\(${bad.id}\\)`))
      await ear.said(new RegExp(`task succeeded: py\\.add\\(${good.id}\\)`))
    }
    const said = ears.map(({ text }) => {
      const events = text.split('\n').filter((line) => line.includes(good.id) || line.includes(bad.id))
      return events.map(comparable)
    })
    assert.deepEqual(said[1], said[0])
    assert.ok((said[0]?.length ?? 0) >= 6, said[0]?.join('\n'))
  })
})
