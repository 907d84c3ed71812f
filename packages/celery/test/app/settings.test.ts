import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { DEFAULTS } from '../../src/app/defaults.ts'
import { type LooseSettings, resolveSettings } from '../../src/app/settings.ts'
import { Celery, ImproperlyConfigured } from '../../src/index.ts'

/** The message of the ImproperlyConfigured that these settings make. */
function refusalOf(settings: Record<string, unknown>): string {
  try {
    resolveSettings(settings as LooseSettings)
  } catch (error) {
    assert.ok(error instanceof ImproperlyConfigured, String(error))
    return error.message
  }
  assert.fail('nothing was refused')
}

describe('settings', () => {
  it('are Celery’s defaults where nothing is said', () => {
    const settings = resolveSettings()
    assert.equal(settings.taskDefaultQueue, 'celery')
    assert.equal(settings.resultExpires, 86_400)
    assert.equal(settings.workerPrefetchMultiplier, 4)
    assert.equal(settings.taskAcksLate, false)
    assert.deepEqual(settings.acceptContent, ['json'])
  })

  it('have a default that their own rule accepts, and a help text', () => {
    for (const [name, setting] of Object.entries(DEFAULTS)) {
      assert.deepEqual(setting.parse(setting.default), setting.default, name)
      assert.match(setting.help, /\.$/, name)
    }
  })

  it('are taken in camelCase, in snake_case and in capitals', () => {
    for (const name of ['taskAcksLate', 'task_acks_late', 'TASK_ACKS_LATE']) {
      assert.equal(resolveSettings({ [name]: true }).taskAcksLate, true, name)
    }
  })

  it('take Celery’s own short names of broker and backend', () => {
    const settings = resolveSettings({ broker: 'memory://b', backend: 'redis://r' })
    assert.deepEqual([settings.brokerUrl, settings.resultBackend], ['memory://b', 'redis://r'])
    assert.equal(resolveSettings({ CELERY_RESULT_BACKEND: 'redis://c' }).resultBackend, 'redis://c')
  })

  it('let a later source win, and leave out what is undefined', () => {
    const settings = resolveSettings(
      { task_acks_late: true },
      { taskAcksLate: false },
      { task_acks_late: undefined },
    )
    assert.equal(settings.taskAcksLate, false)
  })

  it('that do not exist are refused with the nearest one, spelled as they were', () => {
    assert.match(
      refusalOf({ taskAckLate: true }),
      /no setting 'taskAckLate'. The nearest one is 'taskAcksLate'/,
    )
    assert.match(refusalOf({ task_ack_late: true }), /'task_ack_late'. The nearest one is 'task_acks_late'/)
    assert.match(refusalOf({ constructor: 1 }), /There is no setting 'constructor'/)
    assert.match(refusalOf({ ['__proto__']: 1, toString: 1 }), /There is no setting/)
  })

  it('of the wrong type are refused with name, rule, value and meaning', () => {
    assert.equal(
      refusalOf({ taskAcksLate: 'yes' }),
      "Setting 'taskAcksLate' must be true or false, but it is 'yes'. Acknowledge after the task ran instead of before.",
    )
    for (const [settings, rule] of [
      [{ brokerUrl: '' }, /must be a string or a list of strings, and not empty/],
      [{ brokerUrl: [] }, /must be a string or a list of strings, and not empty/],
      [{ result_expires: -1 }, /'result_expires' must be a number of seconds, 0 or more, but it is -1/],
      [{ resultExpires: Number.NaN }, /must be a number of seconds/],
      [{ resultExpires: null }, /must be a number of seconds/],
      [{ workerConcurrency: 1.5 }, /must be a whole number of 0 or more/],
      [{ taskDefaultPriority: 256 }, /must be a whole number from 0 to 255/],
      [{ workerPool: 'gevent' }, /must be one of prefork, .*, but it is 'gevent'/],
      [{ imports: './tasks.ts' }, /must be a list of strings/],
      [{ acceptContent: ['json', 5] }, /must be a list of strings/],
      [{ taskQueues: 'celery' }, /must be a list/],
      [{ brokerTransportOptions: [] }, /must be an object/],
    ] as const) {
      assert.match(refusalOf(settings), rule)
    }
  })

  it('inside of others are taken in both spellings and refused by name', () => {
    const { taskPublishRetryPolicy } = resolveSettings({
      taskPublishRetryPolicy: { max_retries: 9, intervalMax: 4 },
    })
    assert.deepEqual(taskPublishRetryPolicy, {
      maxRetries: 9,
      intervalStart: 0,
      intervalStep: 0.2,
      intervalMax: 4,
    })
    assert.match(
      refusalOf({ task_publish_retry_policy: { retries: 9 } }),
      /'task_publish_retry_policy' has no field 'retries' \(it has maxRetries, /,
    )
    assert.match(
      refusalOf({ taskPublishRetryPolicy: { interval_max: 'long' } }),
      /has a field 'interval_max' that must be a number of seconds/,
    )
    assert.match(
      refusalOf({ taskRoutes: { 'tasks.add': { que: 'video' } } }),
      /'taskRoutes' has a route for 'tasks.add' that has no field 'que'/,
    )
    assert.match(
      refusalOf({ taskRoutes: { 'tasks.add': 5 } }),
      /a route for 'tasks.add' that must be an object/,
    )
  })

  it('cannot be changed once they are resolved', () => {
    const imports = ['./a.ts']
    const settings = resolveSettings({ imports })
    imports.push('./b.ts')
    assert.deepEqual(settings.imports, ['./a.ts'])
    assert.throws(() => Object.assign(settings, { taskAcksLate: true }), TypeError)
    assert.throws(() => (settings.imports as string[]).push('./c.ts'), TypeError)
    assert.throws(() => Object.assign(settings.taskRoutes, { a: {} }), TypeError)
  })
})

describe('configFromObject', () => {
  it('refuses a wrong setting where it is written', () => {
    const app = new Celery('test')
    assert.throws(() => app.configFromObject({ task_ack_late: true }), ImproperlyConfigured)
    assert.equal(app.configFromObject({ task_acks_late: true }).conf.taskAcksLate, true)
  })

  it('refuses to change settings that are in use', () => {
    const app = new Celery('test')
    assert.equal(app.conf.taskAcksLate, false)
    assert.throws(
      () => app.configFromObject({ taskAcksLate: true }),
      /in use already. Configure the app before/,
    )
    assert.equal(app.configFromObject({}), app) // nothing to change is no harm
  })

  const settingsModule = async (t: TestContext, source: string) => {
    const folder = await mkdtemp(join(tmpdir(), 'celery-settings-'))
    t.after(() => rm(folder, { recursive: true }))
    const path = join(folder, 'settings.mjs')
    await writeFile(path, source)
    return path
  }

  it('reads the default export of a module, or else its exports', async (t) => {
    const byDefault = await settingsModule(t, 'export default { task_acks_late: true }')
    assert.equal((await new Celery('test').configFromObject(byDefault)).conf.taskAcksLate, true)
    const byName = await settingsModule(t, 'export const result_expires = 60, taskTrackStarted = true')
    const { conf } = await new Celery('test').configFromObject(byName)
    assert.deepEqual([conf.resultExpires, conf.taskTrackStarted], [60, true])
  })

  it('names the module that cannot be imported', async () => {
    await assert.rejects(
      new Celery('test').configFromObject('./no-such-settings.ts'),
      (error) =>
        error instanceof ImproperlyConfigured &&
        /no-such-settings\.ts cannot be imported/.test(error.message),
    )
  })
})
