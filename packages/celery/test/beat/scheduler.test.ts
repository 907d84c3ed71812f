import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { OperationalError } from '@voice-pocket/kombu'
import type { PeriodicTasks } from '../../src/beat/periodic-task.ts'
import {
  type Celery,
  chain,
  crontab,
  LeadershipLost,
  type LooseSettings,
  Scheduler,
} from '../../src/index.ts'
import { memoryApp, takeMessage } from '../memory-app.ts'
import { RecordingLogger } from '../recording-logger.ts'
import { ScheduleInMemory, SetClock } from './schedule-in-memory.ts'

interface Sent {
  readonly id: string
  readonly task: string
  readonly at: string
}

/** A scheduler whose time a test sets, and what it sent. */
class Bench {
  readonly clock: SetClock
  readonly memory: ScheduleInMemory
  readonly logger = new RecordingLogger()
  readonly sent: Sent[] = []
  readonly app: Celery
  scheduler: Scheduler
  /** Instead of sending. */
  whenSending: () => void = () => {}

  constructor(t: TestContext, now: string, settings: LooseSettings, memory = new ScheduleInMemory()) {
    this.clock = new SetClock(now)
    this.memory = memory
    this.app = memoryApp(t, settings)
    this.app.middleware.publish.use(async ({ call }, next) => {
      this.whenSending()
      this.sent.push({ id: call.id, task: call.task, at: new Date(this.clock.now()).toISOString() })
      await next()
    })
    this.scheduler = this.newScheduler()
  }

  newScheduler(Class = Scheduler): Scheduler {
    const { app, memory: leadership, logger, clock } = this
    return new Class({ app, leadership, logger, clock, maxInterval: 300 })
  }

  /** Ticks and waits as a beat does, until a moment has come. */
  async runUntil(end: string): Promise<void> {
    for (;;) {
      const seconds = await this.scheduler.tick()
      if (this.clock.now() + seconds * 1000 >= Date.parse(end)) return this.clock.set(end)
      this.clock.advance(seconds)
    }
  }

  times(task: string): string[] {
    return this.sent.filter((sent) => sent.task === task).map(({ at }) => at.slice(11, 19))
  }
}

async function bench(t: TestContext, now: string, settings: LooseSettings, memory?: ScheduleInMemory) {
  const made = new Bench(t, now, settings, memory)
  await made.scheduler.setup()
  return made
}

const every = (schedule: PeriodicTasks[string]['schedule'] | number, more = {}) => ({
  task: 't',
  schedule,
  ...more,
})

describe('a day of beat', () => {
  const schedule = {
    hourly: { task: 'hourly', schedule: crontab({ minute: 0 }) },
    quarters: { task: 'quarters', schedule: crontab({ minute: '*/15' }) },
    night: { task: 'night', schedule: crontab({ minute: 30, hour: 2 }) },
    nights: { task: 'nights', schedule: crontab({ minute: '0,30', hour: '1-3' }) },
    interval: { task: 'interval', schedule: 1800 },
  }
  const settings = { timezone: 'Europe/Berlin', beatSchedule: schedule }
  const days = [
    {
      name: '24 hours',
      from: '2026-06-30T21:59:59Z',
      to: '2026-07-01T21:59:59Z',
      hours: 24,
      nights: 6,
      night: '00:30:00',
    },
    {
      name: '23 hours',
      from: '2026-03-28T22:59:59Z',
      to: '2026-03-29T21:59:59Z',
      hours: 23,
      nights: 4,
      night: '01:00:00',
    },
    {
      name: '25 hours',
      from: '2026-10-24T21:59:59Z',
      to: '2026-10-25T22:59:59Z',
      hours: 25,
      nights: 6,
      night: '00:30:00',
    },
  ]
  for (const { name, from, to, hours, nights, night } of days) {
    it(`of ${name} has each run once`, async (t) => {
      const day = await bench(t, from, settings)
      await day.runUntil(to)
      const counts = Object.fromEntries(Object.keys(schedule).map((task) => [task, day.times(task).length]))
      assert.deepEqual(counts, {
        hourly: hours,
        quarters: 4 * hours,
        night: 1,
        nights,
        interval: 2 * hours - 1,
      })
      assert.deepEqual(day.times('night'), [night])
      assert.equal(new Set(day.sent.map(({ id }) => id)).size, day.sent.length)
    })
  }
})

describe('an entry', () => {
  it('is sent with its arguments, its options and what its functions give each time', async (t) => {
    let count = 0
    const entry = every(10, { args: [1, () => (count += 1)], kwargs: { later: async () => 'resolved' } })
    const options = { queue: 'mail', priority: 3, expires: 60, headers: { own: 'yes' } }
    const { scheduler, clock, app } = await bench(t, '2026-01-01T00:00:00Z', {
      beat_schedule: { name: { ...entry, options } },
    })
    for (const expected of [1, 2]) {
      clock.advance(10)
      await scheduler.tick()
      const message = await takeMessage(app, 'mail')
      assert.ok(message)
      const [args, kwargs] = message.payload as [unknown, unknown]
      assert.deepEqual([args, kwargs], [[1, expected], { later: 'resolved' }])
      assert.equal(message.properties.priority, 3)
      const { task, own, id, root_id, parent_id } = message.headers
      assert.deepEqual(
        { task, own, root_id, parent_id },
        { task: 't', own: 'yes', root_id: id, parent_id: null },
      )
      assert.equal(message.properties.correlationId, id)
    }
  })

  it('of a task that the app has is sent with that task’s own options', async (t) => {
    const { scheduler, clock, app } = await bench(t, '2026-01-01T00:00:00Z', {})
    const task = app.task('known', () => {}, { queue: 'own' })
    app.addPeriodicTask(10, task.s())
    await scheduler.tick()
    clock.advance(10)
    await scheduler.tick()
    assert.equal((await takeMessage(app, 'own'))?.headers.task, 'known')
  })

  it('that is new waits for a whole interval, and is never behind by what a tick takes', async (t) => {
    const day = await bench(t, '2026-01-01T00:00:00Z', { beatSchedule: { name: every(10) } })
    assert.equal(await day.scheduler.tick(), 10)
    day.clock.advance(10.4)
    assert.equal(await day.scheduler.tick(), 9.6)
    assert.equal(day.sent.length, 1)
  })

  it('that is refused by the settings is named with its field', (t) => {
    const refused: readonly (readonly [Record<string, unknown>, RegExp])[] = [
      [{ schedule: 1 }, /an entry 'x' that needs a 'task'/],
      [{ task: 't', schedule: -1 }, /an entry 'x' that .* more than 0 seconds, but it is -1/],
      [{ task: 't', schedule: 'daily' }, /an entry 'x' that .* crontab\(\).* but it is 'daily'/],
      [{ task: 't', schedule: 1, arguments: [] }, /an entry 'x' that has no field 'arguments'/],
      [
        { task: 't', schedule: 1, options: { task_id: 'a' } },
        /an option 'taskId' \('a'\), which beat decides/,
      ],
    ]
    for (const [entry, message] of refused)
      assert.throws(() => memoryApp(t, { beatSchedule: { x: entry } }).conf, { message })
    assert.throws(() => memoryApp(t, { timezone: 'Berlin' }).conf, /'timezone' must be the IANA name/)
  })
})

describe('addPeriodicTask', () => {
  it('names an entry as Python prints the call, and takes part while beat runs', async (t) => {
    const day = await bench(t, '2026-01-01T00:00:00Z', { beatSchedule: { configured: every(100) } })
    const add = day.app.task('tasks.add', (x: number, y: number) => x + y)
    assert.equal(day.app.addPeriodicTask(10, add.s(2, 2), { expires: 5 }), 'tasks.add(2, 2)')
    assert.equal(day.app.addPeriodicTask(10, add.s(2), { name: 'named', kwargs: { y: 1 } }), 'named')
    await day.scheduler.tick()
    assert.deepEqual([...day.scheduler.schedule.keys()], ['configured', 'tasks.add(2, 2)', 'named'])
    day.clock.advance(10)
    await day.scheduler.tick()
    assert.equal(day.sent.length, 2)
  })

  it('refuses what no entry can be', (t) => {
    const app = memoryApp(t)
    const task = app.task('tasks.nothing', () => {})
    assert.throws(
      () => app.addPeriodicTask(1, chain(task.s(), task.si())),
      /A chain cannot be a periodic task/,
    )
    assert.throws(
      () => app.addPeriodicTask(0, task.s()),
      /addPeriodicTask has an entry 'tasks.nothing\(\)' that/,
    )
  })
})

describe('what was due while no beat ran', () => {
  const settings = { beatSchedule: { cron: every(crontab({ minute: 0 })), interval: every(600) } }

  it('runs once, and beat says that there was more', async (t) => {
    const before = await bench(t, '2026-01-01T00:00:01Z', settings)
    const after = await bench(t, '2026-01-01T05:30:00Z', settings, before.memory)
    assert.equal(await after.scheduler.tick(), 300)
    assert.equal(after.sent.length, 2)
    assert.match(
      after.logger.text('warn'),
      /cron was due more than once since 2026-01-01T01:00:00.000Z: sent once/,
    )
    assert.equal(await after.scheduler.tick(), 300)
    assert.equal(after.sent.length, 2)
  })

  it('runs not at all when the deadline of a crontab has passed', async (t) => {
    const deadline = { beatSchedule: { cron: settings.beatSchedule.cron }, beat_cron_starting_deadline: 900 }
    const before = await bench(t, '2026-01-01T00:00:01Z', deadline)
    const late = await bench(t, '2026-01-01T05:30:00Z', deadline, before.memory)
    assert.equal(await late.scheduler.tick(), 300)
    assert.equal(late.sent.length, 0)
    await late.runUntil('2026-01-01T06:00:01Z')
    assert.deepEqual(late.times('t'), ['06:00:00'])
    const soon = await bench(t, '2026-01-01T07:14:00Z', deadline, late.memory)
    await soon.scheduler.tick()
    assert.equal(soon.sent.length, 1)
  })
})

describe('a schedule that is taken up again', () => {
  it('keeps when entries ran last, drops those that are gone, and begins new ones now', async (t) => {
    const memory = new ScheduleInMemory()
    const first = await bench(
      t,
      '2026-01-01T00:00:00Z',
      { beatSchedule: { kept: every(100), gone: every(5) } },
      memory,
    )
    await first.runUntil('2026-01-01T00:01:00Z')
    const second = await bench(
      t,
      '2026-01-01T00:01:00Z',
      { beatSchedule: { kept: every(80), added: every(80) } },
      memory,
    )
    await second.runUntil('2026-01-01T00:02:30Z')
    assert.deepEqual(second.times('t'), ['00:01:20', '00:02:20'])
    assert.deepEqual([...memory.state.keys()].sort(), ['', 'added', 'kept'])
  })

  it('begins anew in another time zone', async (t) => {
    const memory = new ScheduleInMemory()
    const beatSchedule = { cron: every(crontab({ minute: 0, hour: 9 })) }
    await bench(t, '2026-01-01T00:00:00Z', { beatSchedule }, memory)
    const moved = await bench(t, '2026-01-02T10:00:00Z', { beatSchedule, timezone: 'Asia/Seoul' }, memory)
    await moved.scheduler.tick()
    assert.equal(moved.sent.length, 0)
    assert.match(moved.logger.text('warn'), /Reset: Timezone changed from 'UTC' to 'Asia\/Seoul'/)
  })

  it('counts how often each entry ran', async (t) => {
    const day = await bench(t, '2026-01-01T00:00:00Z', { beatSchedule: { name: every(10) } })
    await day.runUntil('2026-01-01T00:01:01Z')
    const { totalRunCount, lastRunAt } = day.scheduler.schedule.get('name')?.record ?? {}
    assert.deepEqual(
      { totalRunCount, lastRunAt },
      { totalRunCount: 6, lastRunAt: '2026-01-01T00:01:00.000Z' },
    )
  })
})

describe('a run', () => {
  const settings = { beatSchedule: { name: every(10) } }

  it('is on record before it is sent, and done after', async (t) => {
    const day = await bench(t, '2026-01-01T00:00:00Z', settings)
    day.clock.advance(10)
    let whenSent: string | undefined
    day.whenSending = () => {
      whenSent = day.memory.state.get('name')
    }
    await day.scheduler.tick()
    const { pending } = JSON.parse(whenSent ?? '')
    assert.deepEqual(pending, { taskId: day.sent[0]?.id, dueAt: '2026-01-01T00:00:10.000Z' })
    assert.equal(JSON.parse(day.memory.state.get('name') ?? '').pending, undefined)
  })

  /** The schedule as it was when the beat was killed while it sent. */
  async function killedWhileSending(t: TestContext) {
    const first = await bench(t, '2026-01-01T00:00:00Z', settings)
    first.clock.advance(10)
    await first.scheduler.tick()
    const memory = new ScheduleInMemory()
    for (const [key, value] of first.memory.history.at(-2) ?? []) memory.state.set(key, value)
    return { id: first.sent[0]?.id ?? '', memory }
  }

  it('is sent with the same id by the next beat, when nothing shows that it was sent', async (t) => {
    const { id, memory } = await killedWhileSending(t)
    const next = await bench(t, '2026-01-01T00:00:12Z', settings, memory)
    assert.equal(await next.scheduler.tick(), 8)
    assert.deepEqual(
      next.sent.map((sent) => sent.id),
      [id],
    )
  })

  it('is not sent again when the result backend knows of it', async (t) => {
    const { id, memory } = await killedWhileSending(t)
    const next = new Bench(t, '2026-01-01T00:00:12Z', settings, memory)
    const context = { id, root: id, task: 't', children: [] }
    await (await next.app.backend()).storeResult(id, 1, 'SUCCESS', context as never)
    await next.scheduler.setup()
    assert.equal(await next.scheduler.tick(), 8)
    assert.equal(next.sent.length, 0)
  })

  it('is tried again when the broker is away, with one id', async (t) => {
    const day = await bench(t, '2026-01-01T00:00:00Z', settings)
    const attempts: number[] = []
    day.whenSending = () => {
      attempts.push(day.clock.now())
      if (attempts.length < 3) throw new OperationalError('the broker is away')
    }
    day.clock.advance(10)
    assert.equal(await day.scheduler.tick(), 5)
    const { pending } = JSON.parse(day.memory.state.get('name') ?? '')
    day.clock.advance(5)
    assert.equal(await day.scheduler.tick(), 5)
    day.clock.advance(2)
    assert.equal(await day.scheduler.tick(), 3)
    assert.deepEqual(
      day.sent.map(({ id }) => id),
      [pending.taskId],
    )
    assert.match(day.logger.text('error'), /Connection error: name is sent again in 5 seconds/)
  })

  it('that can never be sent is given up, and said so; the others are sent', async (t) => {
    const day = await bench(t, '2026-01-01T00:00:00Z', {
      beatSchedule: {
        broken: every(10, { kwargs: { x: () => Promise.reject(new Error('no value')) } }),
        fine: every(10),
      },
    })
    day.clock.advance(10)
    assert.equal(await day.scheduler.tick(), 10)
    assert.equal(day.sent.length, 1)
    assert.match(day.logger.text('error'), /Message Error: Couldn't apply scheduled task broken/)
  })

  it('is not sent by one that no longer leads', async (t) => {
    const day = await bench(t, '2026-01-01T00:00:00Z', settings)
    day.clock.advance(10)
    day.memory.lose()
    await assert.rejects(day.scheduler.tick(), LeadershipLost)
    assert.equal(day.sent.length, 0)
  })
})

describe('a scheduler of one’s own', () => {
  it('brings its entries from where it likes, and is asked at each tick', async (t) => {
    const entries: PeriodicTasks[] = [{}, {}]
    const entry = { task: 'own', args: [], kwargs: {}, options: {}, relative: false, schedule: crontab() }
    class Own extends Scheduler {
      protected override configured() {
        return entries.length > 1 ? (entries.shift() as PeriodicTasks) : (entries[0] as PeriodicTasks)
      }
    }
    const day = new Bench(t, '2026-01-01T00:00:00Z', {})
    day.scheduler = day.newScheduler(Own)
    await day.scheduler.setup()
    entries[0] = { own: entry }
    await day.runUntil('2026-01-01T00:02:01Z')
    assert.deepEqual(day.times('own'), ['00:01:00', '00:02:00'])
  })
})

describe('the entry celery.backend_cleanup', () => {
  it('is there where nobody else sees to it that results expire', async (t) => {
    const names = async (settings: LooseSettings) => {
      const { scheduler } = await bench(t, '2026-01-01T00:00:00Z', settings)
      return [...scheduler.schedule.values()].map(({ what }) => [
        what.task,
        String(what.schedule),
        what.options,
      ])
    }
    const cleanup = ['celery.backend_cleanup', '<crontab: 0 4 * * * (m/h/dM/MY/d)>', { expires: 43_200 }]
    assert.deepEqual(await names({ resultBackend: 'file:///nowhere' }), [cleanup])
    assert.deepEqual(await names({ resultBackend: 'redis://nowhere' }), [])
    assert.deepEqual(await names({ resultBackend: 'file:///nowhere', resultExpires: 0 }), [])
  })
})
