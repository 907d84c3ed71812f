/** `celery beat` as its user runs it: killed, started twice, and over what the beats of a cluster share. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { createClient } from '@redis/client'
import { Connection } from '@voice-pocket/kombu'
import { Celery, type LooseSettings } from '../../src/index.ts'
import { CeleryProcess } from '../bin/celery-process.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { within } from '../within.ts'

const redis = serviceFrom('REDIS_URL')
const amqp = serviceFrom('AMQP_URL')

/** Who has it too would be another beat of the same schedule. */
const NAME = `beats-${randomUUID()}`

function startBeat(settings: LooseSettings, args: readonly string[] = [], command = 'beat'): CeleryProcess {
  const env = { ...process.env, BEAT_NAME: NAME, BEAT_SETTINGS: JSON.stringify(settings) }
  const app = join(import.meta.dirname, 'beat-app.ts')
  return new CeleryProcess([command, '-l', 'INFO', ...args], { app, env })
}

/** A worker in this process, and what it ran. */
class Runs implements AsyncDisposable {
  readonly ids: string[] = []
  readonly #app: Celery
  readonly #worker: RunningWorker
  readonly #disconnect: () => void
  #heard = Promise.withResolvers<void>()

  static async of(settings: LooseSettings): Promise<Runs> {
    const app = new Celery(NAME, settings)
    app.task('noted', (value: unknown) => value)
    return new Runs(app, await RunningWorker.start(app, { pool: 'async' }))
  }

  private constructor(app: Celery, worker: RunningWorker) {
    this.#app = app
    this.#worker = worker
    this.#disconnect = app.signals.taskSuccess.connect(({ task }) => {
      this.ids.push(task.id)
      this.#heard.resolve()
      this.#heard = Promise.withResolvers()
    })
  }

  async reach(count: number): Promise<void> {
    while (this.ids.length < count)
      await within(this.#heard.promise, () => `${this.ids.length} ran instead of ${count}`)
  }

  assertOnce(): void {
    assert.equal(new Set(this.ids).size, this.ids.length, this.ids.join('\n'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disconnect()
    await this.#worker[Symbol.asyncDispose]()
    await this.#app.close()
  }
}

describe('celery beat', { concurrency: 2 }, () => {
  it('shows where it is, leads, and stops with 0', async (t) => {
    const folder = await temporaryFolder(t)
    const pidfile = join(folder, 'pid')
    const options = ['-s', join(folder, 'own'), '--max-interval', '7', '--pidfile', pidfile]
    await using beat = startBeat({ brokerUrl: `sqlite:///${folder}/broker` }, options)
    await beat.said(/leads; the schedule is in .*own/)
    assert.match(
      beat.stdout,
      /celery beat v.* is starting\.\n__ {4}- {4}\.\.\. __ {3}- {8}_\nLocalTime -> .*\nConfiguration ->/,
    )
    assert.match(beat.stdout, /\. scheduler -> celery\.beat\.PersistentScheduler\n {4}\. db -> .*own\n/)
    assert.match(beat.stdout, /\. logfile -> \[stderr\]@%INFO\n {4}\. maxinterval -> 7\.00 seconds \(7s\)/)
    assert.equal(Number(await readFile(pidfile, 'utf8')), beat.process.pid)
    await using second = startBeat({ brokerUrl: `sqlite:///${folder}/broker` }, options)
    assert.equal(await second.ended(), 1)
    assert.match(
      second.stderr,
      /Pidfile \(.*pid\) already exists\. Seems we're already running\? \(pid: \d+\)/,
    )
    beat.kill('SIGTERM')
    assert.equal(await beat.ended(), 0)
    await assert.rejects(readFile(pidfile), { code: 'ENOENT' })
  })

  it('refuses to detach, with what to do instead', async () => {
    await using beat = startBeat({}, ['--detach'])
    assert.equal(await beat.ended(), 2)
    assert.match(beat.stderr, /It is not here\. Have a service manager run it in the background: systemd/)
  })

  it('runs inside a worker that is told to have one', async (t) => {
    const folder = await temporaryFolder(t)
    const settings = {
      brokerUrl: `sqlite:///${folder}/broker`,
      beatSchedule: { often: { task: 'noted', schedule: 0.2, args: ['from beat'] } },
    }
    const options = ['-B', '-s', join(folder, 'own'), '-P', 'solo']
    await using worker = startBeat(settings, options, 'worker')
    await worker.said(/leads; the schedule is in .*own/)
    await worker.said(/noted\[.+\] succeeded in .+: '?from beat/)
    worker.kill('SIGTERM')
    assert.equal(await worker.ended(), 0)
  })

  it('killed again and again as soon as it has sent has each run once', async (t) => {
    const folder = await temporaryFolder(t)
    const settings = {
      ...{ brokerUrl: `sqlite:///${folder}/broker`, resultBackend: `sqlite:///${folder}/results` },
      beatScheduleFilename: join(folder, 'schedule'),
      beatSchedule: { often: { task: 'noted', schedule: 0.2, args: ['x'] } },
    }
    await using runs = await Runs.of(settings)
    for (let life = 1; life <= 2; life += 1) {
      await using beat = startBeat(settings)
      await runs.reach(life * 4)
      beat.kill('SIGKILL')
      await beat.ended()
    }
    await using beat = startBeat(settings)
    await runs.reach(12)
    beat.kill('SIGTERM')
    assert.equal(await beat.ended(), 0)
    runs.assertOnce()
    assert.doesNotMatch(beat.stderr, /"level":50/)
    const database = new DatabaseSync(settings.beatScheduleFilename)
    t.after(() => database.close())
    const row = database.prepare("SELECT value FROM celery_beat WHERE key = 'often'").get()
    const { totalRunCount } = JSON.parse(String(row?.value))
    await runs.reach(totalRunCount) // none was put on record and never sent
    assert.equal(runs.ids.length, totalRunCount)
  })
})

const clusters = [
  { name: 'Redis', broker: redis.value, skip: redis.skip },
  { name: 'RabbitMQ', broker: amqp.value, skip: amqp.skip },
]
for (const { name, broker, skip } of clusters) {
  describe(`two beats on ${name}`, { skip }, () => {
    it('have each run once; when the one that leads is killed, the other goes on where it was', async (t) => {
      const settings = await ground(t, name, broker)
      await using runs = await Runs.of(settings)
      await using first = startBeat(settings)
      await first.said(/leads; the schedule is in/)
      await using second = startBeat(settings)
      await second.said(/stands by/)
      await runs.reach(3)
      first.kill('SIGKILL')
      await second.said(/leads; the schedule is in/)
      await runs.reach(runs.ids.length + 3)
      second.kill('SIGTERM')
      assert.equal(await second.ended(), 0)
      runs.assertOnce()
      assert.match(first.stderr, /Sending due task often/)
    })
  })
}

/** The settings of beats with a schedule and a queue of their own, of which nothing stays. */
async function ground(t: TestContext, name: string, brokerUrl: string) {
  const queue = `test.${randomUUID()}`
  const settings = {
    ...{
      brokerUrl,
      taskDefaultQueue: queue,
      beatSchedule: { often: { task: 'noted', schedule: 0.3, args: ['x'] } },
    },
    resultBackend: `sqlite:///${await temporaryFolder(t)}/results`,
  }
  if (name === 'RabbitMQ') {
    t.after(() => forgetQueues(brokerUrl, [queue, `${queue}.dead`, `celery-beat.${NAME}.schedule`]))
    return { ...settings, workerDeadLetterQueue: `${queue}.dead` }
  }
  const prefix = `test-${randomUUID()}:`
  t.after(() => forgetKeys(prefix))
  return { ...settings, beatLease: 1.5, brokerTransportOptions: { global_keyprefix: prefix } }
}

async function forgetQueues(broker: string, queues: readonly string[]): Promise<void> {
  await using connection = await new Connection(broker).connect()
  const channel = await connection.channel()
  for (const queue of queues) await channel.queueDelete(queue)
  await channel.exchangeDelete(String(queues[0]))
}

async function forgetKeys(prefix: string): Promise<void> {
  const client = await createClient({ url: redis.value }).connect()
  for await (const keys of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 }))
    if (keys.length > 0) await client.del(keys)
  await client.close()
}
