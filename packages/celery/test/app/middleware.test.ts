import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MiddlewareChain } from '../../src/app/middleware.ts'
import { memoryApp, takeMessage } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'

describe('middleware', () => {
  it('is around the work, the first one outermost, until it is taken out of use', async () => {
    const chain = new MiddlewareChain<string, number>()
    const told: string[] = []
    const telling = (name: string) => async (subject: string, next: () => Promise<number>) => {
      told.push(`${name} begins ${subject}`)
      const result = await next()
      told.push(`${name} ends`)
      return result + 1
    }
    const takeOut = chain.use(telling('outer'))
    chain.use(telling('inner'))
    assert.equal(await chain.around('it', async () => told.push('work')), 5)
    assert.deepEqual(told, ['outer begins it', 'inner begins it', 'work', 'inner ends', 'outer ends'])
    takeOut()
    assert.equal(await chain.around('it', async () => 0), 1)
    assert.equal(chain.size, 1)
  })

  it('sends headers of its own along with a task', async (t) => {
    const app = memoryApp(t)
    const seen: unknown[] = []
    app.middleware.publish.use((publication, next) => {
      seen.push(publication.call.task, publication.routingKey, publication.queue)
      publication.headers.tenant = 'acme'
      return next()
    })
    await app.sendTask('t')
    assert.equal((await takeMessage(app))?.headers.tenant, 'acme')
    assert.deepEqual(seen, ['t', 'celery', 'celery'])
  })

  it('is around the run of a task, and knows how it ended', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', (value: number) => {
      if (value < 0) throw new RangeError('negative')
    })
    const seen: unknown[] = []
    app.middleware.run.use(async (request, next) => {
      const outcome = await next()
      seen.push([request.args[0], outcome.kind])
      return outcome
    })
    await using _running = await RunningWorker.start(app)
    await (await task.delay(1)).get({ timeout: 30 })
    await assert.rejects((await task.delay(-1)).get({ timeout: 30 }), RangeError)
    assert.deepEqual(seen, [
      [1, 'success'],
      [-1, 'failure'],
    ])
  })
})
