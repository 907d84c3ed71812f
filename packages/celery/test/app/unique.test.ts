import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BackendError } from '../../src/index.ts'
import { memoryApp, queueSize } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'

describe('calls with one uniqueKey', () => {
  it('send one message, at whatever moment they come, and share its result', async (t) => {
    const app = memoryApp(t)
    let runs = 0
    const report = app.task('tasks.report', (day: string) => `${day}: run ${++runs}`)
    const options = { args: ['Monday'] as [string], uniqueKey: 'Monday', uniqueFor: 60 }
    const results = await Promise.all([1, 2, 3].map(() => report.applyAsync(options)))
    assert.equal(new Set(results.map(({ id }) => id)).size, 1)
    await using _running = await RunningWorker.start(app)
    for (const result of results) assert.equal(await result.get({ timeout: 20 }), 'Monday: run 1')
    const later = await report.applyAsync(options)
    assert.equal(later.id, results[0]?.id)
    assert.equal(runs, 1)
  })

  it('are apart from those of another key, and of another task', async (t) => {
    const app = memoryApp(t)
    const unique = { uniqueKey: 'Monday', uniqueFor: 60 }
    await app.sendTask('tasks.report', unique)
    await app.sendTask('tasks.report', { ...unique, uniqueKey: 'Tuesday' })
    await app.sendTask('tasks.mail', unique)
    assert.equal(await queueSize(app), 3)
  })

  it('are sent again when the first one could not be', async (t) => {
    const app = memoryApp(t)
    const unsendable = { args: [Symbol('no JSON')], uniqueKey: 'Monday', uniqueFor: 60 }
    await assert.rejects(app.sendTask('tasks.report', unsendable))
    await app.sendTask('tasks.report', { uniqueKey: 'Monday', uniqueFor: 60 })
    assert.equal(await queueSize(app), 1)
  })

  it('need a time', async (t) => {
    const app = memoryApp(t)
    await assert.rejects(app.sendTask('tasks.report', { uniqueKey: 'Monday' }), /needs a number of seconds/)
  })

  it('need a backend that has keys, and the error says which do', async (t) => {
    const app = memoryApp(t, { resultBackend: 'disabled://' })
    const call = app.sendTask('tasks.report', { uniqueKey: 'Monday', uniqueFor: 60 })
    await assert.rejects(
      call,
      (error) => error instanceof BackendError && /Take Redis, SQLite or memory/.test(error.message),
    )
  })
})
