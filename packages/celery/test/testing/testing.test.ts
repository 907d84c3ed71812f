import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Celery } from '../../src/index.ts'
import { TestClock, TestWorker, testApp, withoutServers } from '../../src/testing/index.ts'

const DAY = 86_400

describe('a worker inside a test', () => {
  it('tells when a task has ended, before and after it has', async () => {
    await using app = testApp()
    const divide = app.task('tasks.divide', (x: number, y: number) => {
      if (y === 0) throw new RangeError('no')
      return x / y
    })
    await using worker = await TestWorker.start(app)
    const { id } = await divide.delay(6, 3)
    assert.equal((await worker.waitFor(id)).state, 'SUCCESS')
    await divide.delay(1, 0)
    const failed = await worker.waitFor(({ state }) => state === 'FAILURE')
    assert.deepEqual([failed.task.name, failed.exception?.message], ['tasks.divide', 'no'])
    assert.equal((await worker.waitFor(id)).state, 'SUCCESS')
    assert.equal(worker.ended.length, 2)
    await worker.idle()
  })

  it('does without the servers that an app names', async () => {
    const settings = { brokerUrl: 'amqp://127.0.0.1:1', resultBackend: 'redis://127.0.0.1:1' }
    await using app = withoutServers(new Celery('shop', settings))
    const add = app.task('tasks.add', (x: number, y: number) => x + y)
    await using _worker = await TestWorker.start(app)
    assert.equal(await (await add.delay(2, 3)).get({ timeout: 20 }), 5)
  })
})

describe('a clock under control', () => {
  it('brings tomorrow at once, and nothing before its time', async () => {
    await using app = testApp()
    const ran: string[] = []
    const note = app.task('tasks.note', (what: string) => void ran.push(what))
    const clock = new TestClock()
    await using worker = await TestWorker.start(app, { clock })
    const tomorrow = await note.applyAsync({ args: ['tomorrow'], countdown: DAY })
    const nextWeek = await note.applyAsync({ args: ['next week'], countdown: 7 * DAY })
    await worker.waitFor((await note.delay('now')).id)
    clock.advance(DAY)
    await worker.waitFor(tomorrow.id)
    assert.deepEqual(ran, ['now', 'tomorrow'])
    clock.advance(6 * DAY)
    await worker.waitFor(nextWeek.id)
    assert.deepEqual(ran, ['now', 'tomorrow', 'next week'])
  })

  it('makes a held task expire', async () => {
    await using app = testApp()
    const late = app.task('tasks.late', () => 'ran')
    const clock = new TestClock()
    await using worker = await TestWorker.start(app, { clock })
    const result = await late.applyAsync({ countdown: 2 * DAY, expires: DAY })
    await worker.waitFor((await late.delay()).id)
    clock.advance(3 * DAY)
    assert.equal((await worker.waitFor(result.id)).state, 'REVOKED')
  })

  it('does not go back', () => {
    assert.throws(() => new TestClock().advance(-1), /cannot be advanced by -1 seconds/)
  })
})
