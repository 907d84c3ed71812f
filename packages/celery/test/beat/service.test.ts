import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { createClient } from '@redis/client'
import { settingsTable } from '../../src/app/bug-report.ts'
import {
  type BeatOptions,
  BeatService,
  crontab,
  embeddedBeat,
  type LooseSettings,
  Scheduler,
} from '../../src/index.ts'
import { TestClock } from '../../src/testing/index.ts'
import { memoryApp, takeMessage } from '../memory-app.ts'
import { RecordingLogger } from '../recording-logger.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'
import { TcpProxy } from '../tcp-proxy.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { within } from '../within.ts'

const redis = serviceFrom('REDIS_URL')

async function beat(t: TestContext, settings: LooseSettings, options: BeatOptions = {}) {
  const app = memoryApp(t, settings)
  const [logger, clock] = [new RecordingLogger(), new TestClock()]
  const scheduleFilename = join(await temporaryFolder(t), 'schedule')
  const service = new BeatService(app, { scheduleFilename, logger, clock, ...options })
  t.after(() => service.stop())
  return { app, logger, clock, service, scheduleFilename }
}

const hourly = { beatSchedule: { hourly: { task: 't', schedule: 3600 } } }

describe('a beat', () => {
  it('sends what is due when it is due, and sleeps meanwhile', async (t) => {
    const { app, logger, clock, service } = await beat(t, hourly)
    const running = service.run()
    await service.leads
    clock.advance(3599)
    assert.equal(await takeMessage(app), undefined)
    clock.advance(2)
    await logger.said(/t sent\. id->/)
    assert.equal((await takeMessage(app))?.headers.task, 't')
    await service.stop()
    await running
    assert.equal(await takeMessage(app), undefined)
  })

  it('tells that it starts before it sends anything', async (t) => {
    const { app, service } = await beat(t, { beatSchedule: { soon: { task: 't', schedule: 0.001 } } })
    const told: string[] = []
    app.signals.beatInit.connect(({ service: who }) => void told.push(who === service ? 'init' : 'another'))
    app.signals.beatEmbeddedInit.connect(() => void told.push('embedded'))
    app.middleware.publish.use(async (_call, next) => {
      told.push('sent')
      await next()
      void service.stop()
    })
    await within(service.run(), () => 'it was not stopped')
    assert.deepEqual(told.slice(0, 2), ['init', 'sent'])
  })

  it('is over when it is stopped before it ran, while it waits, and twice', async (t) => {
    const { service, scheduleFilename, app } = await beat(t, hourly)
    const logger = new RecordingLogger()
    await using standby = new BeatService(app, { scheduleFilename, logger })
    await using never = new BeatService(app, { scheduleFilename })
    await never.stop()
    void service.run()
    await service.leads
    const waiting = standby.run()
    await logger.said(/beat\d+@.* leads; beat\d+@.* stands by/)
    await standby.stop()
    await waiting
    await standby.stop()
    await assert.rejects(standby.leads, /told to stop/)
  })

  it('ends with what cannot mend itself, and says what it was', async (t) => {
    const { service } = await beat(t, hourly, { scheduler: './nowhere.ts' })
    await assert.rejects(service.run(), /The scheduler \.\/nowhere\.ts cannot be imported/)
  })
})

describe('a beat whose Redis goes away', { skip: redis.skip }, () => {
  it('sends nothing until Redis is back, and then goes on', async (t) => {
    const { hostname, port } = new URL(redis.value)
    await using proxy = await TcpProxy.to(hostname, Number(port))
    const prefix = `test-${randomUUID()}`
    t.after(() => forgetKeys(prefix))
    const resultBackend = redis.value.replace(port, String(proxy.port))
    const app = memoryApp(t, {
      ...{ resultBackend, resultBackendTransportOptions: { global_keyprefix: prefix }, beatLease: 1 },
      beatSchedule: { often: { task: 't', schedule: 0.1, options: { ignoreResult: true } } },
    })
    const logger = new RecordingLogger()
    await using service = new BeatService(app, { logger })
    void service.run()
    await logger.said(/t sent\. id->/)
    proxy.cut()
    await logger.said(/leads no longer, or cannot yet/)
    proxy.restore()
    await logger.said(/leads; the schedule is in redis:/, 2)
    const texts = logger.lines.map(({ text }) => text)
    const away = texts.findIndex((text) => text.includes('leads no longer'))
    const back = texts.findLastIndex((text) => text.includes('leads; the schedule is in'))
    const sent = (from: number) => texts.slice(from, back).filter((text) => /sent\. id->/.test(text))
    assert.deepEqual(sent(away), [])
    await logger.said(/t sent\. id->/, sent(0).length + 1)
    const ids = logger.text('debug').match(/sent\. id->\S+/g)
    assert.equal(new Set(ids).size, ids?.length)
  })
})

async function forgetKeys(prefix: string): Promise<void> {
  const client = await createClient({ url: redis.value }).connect()
  for await (const keys of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 }))
    if (keys.length > 0) await client.del(keys)
  await client.close()
}

describe('the schedule in the settings', () => {
  it('is shown to who inspects a worker, functions and classes too', (t) => {
    const args = [() => 1]
    const daily = { task: 't', schedule: crontab({ hour: 4, minute: 0 }), args }
    const { conf } = memoryApp(t, {
      beatScheduler: Scheduler,
      beatSchedule: { daily, often: { task: 't', schedule: 90 } },
    })
    const shown = settingsTable(conf, { withDefaults: false })
    const others = { kwargs: {}, options: {}, relative: false, task: 't' }
    assert.equal(shown.beat_scheduler, '<function Scheduler>')
    assert.deepEqual(shown.beat_schedule, {
      daily: { ...others, schedule: '<crontab: 0 4 * * * (m/h/dM/MY/d)>', args: ['<function >'] },
      often: { ...others, schedule: '<freq: 1.50 minutes>', args: [] },
    })
  })
})

describe('the scheduler of a beat', () => {
  it('is a class from a module, or from the settings; Python’s own names are ours', async (t) => {
    const path = join(await temporaryFolder(t), 'mine.ts')
    const source = new URL('../../src/index.ts', import.meta.url).href
    await writeFile(
      path,
      `import { Scheduler } from '${source}'\nexport class Mine extends Scheduler {}\nexport class No {}\n`,
    )
    const classOf = async (settings: LooseSettings, options: BeatOptions = {}) => {
      const { service } = await beat(t, settings, options)
      service.run().catch(() => {}) // `leads` says it, too
      const { name } = (await service.leads).constructor
      await service.stop()
      return name
    }
    assert.equal(await classOf({}, { scheduler: `${path}:Mine` }), 'Mine')
    assert.equal(await classOf({ beat_scheduler: `${path}:Mine` }), 'Mine')
    assert.equal(await classOf({ beat_scheduler: 'celery.beat:PersistentScheduler' }), 'Scheduler')
    await assert.rejects(
      classOf({}, { scheduler: `${path}:No` }),
      /exports no class 'No' that extends Scheduler/,
    )
  })

  it('sleeps no longer than it is told', async (t) => {
    const { service, logger } = await beat(t, { ...hourly, beat_max_loop_interval: 12 })
    void service.run()
    await logger.said(/Waking up in 12\.00 seconds/)
  })
})

describe('a worker with a beat inside', () => {
  it('runs what its beat sends, and stops both', async (t) => {
    const app = memoryApp(t, { beatSchedule: { soon: { task: 'note', schedule: 0.01 } } })
    const ran = Promise.withResolvers<void>()
    app.task('note', () => ran.resolve())
    let isEmbedded = false
    app.signals.beatEmbeddedInit.connect(() => {
      isEmbedded = true
    })
    const scheduleFilename = join(await temporaryFolder(t), 'schedule')
    app.steps.worker.add(embeddedBeat({ scheduleFilename }))
    await using running = await RunningWorker.start(app)
    await within(ran.promise, () => 'the task did not run')
    assert.equal(isEmbedded, true)
    await running.worker.stop()
    await using next = new BeatService(app, { scheduleFilename })
    void next.run()
    await within(next.leads, () => 'the beat of the worker still leads')
  })
})
