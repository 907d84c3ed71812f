import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MessageTimeLimitExceeded } from '../../../src/exceptions.ts'
import { GivenUp, RunningHandlers } from '../../../src/worker/consumer-step/running-handlers.ts'

/** Work that goes on until its test lets it end, and what it was told. */
function endless() {
  const { promise, resolve } = Promise.withResolvers<string>()
  const begun = Promise.withResolvers<AbortSignal>()
  const signals: AbortSignal[] = []
  const work = (signal: AbortSignal) => {
    signals.push(signal)
    begun.resolve(signal)
    return promise
  }
  return { work, signals, begun: begun.promise, end: () => resolve('done') }
}

describe('handlers side by side', () => {
  it('are as many as allowed, and the next one begins when one ends', async () => {
    const handlers = new RunningHandlers(2, 0)
    const [first, second, third] = [endless(), endless(), endless()]
    const runs = [first, second, third].map(({ work }) => handlers.run(work))
    await Promise.all([first.begun, second.begun])
    assert.deepEqual([first.signals.length, second.signals.length, third.signals.length], [1, 1, 0])
    second.end()
    assert.equal(await runs[1], 'done')
    await third.begun
    first.end()
    third.end()
    assert.deepEqual(await Promise.all(runs), ['done', 'done', 'done'])
  })

  it('free their place when they fail', async () => {
    const handlers = new RunningHandlers(1, 0)
    await assert.rejects(
      handlers.run(async () => {
        throw new RangeError('no')
      }),
      RangeError,
    )
    assert.equal(await handlers.run(async () => 'next'), 'next')
  })

  it('are told and left alone at their time limit, also when they do not listen', async () => {
    const handlers = new RunningHandlers(1, 0.02)
    const deaf = endless()
    await assert.rejects(handlers.run(deaf.work), MessageTimeLimitExceeded)
    assert.ok(deaf.signals[0]?.reason instanceof MessageTimeLimitExceeded)
    assert.equal(await handlers.run(async () => 'next'), 'next')
  })

  it('finish when no more are to begin, and those that wait are sent away', async () => {
    const handlers = new RunningHandlers(1, 0)
    const first = endless()
    const running = handlers.run(first.work)
    await first.begun
    const waiting = assert.rejects(handlers.run(endless().work), GivenUp)
    handlers.quiet()
    await waiting
    await assert.rejects(handlers.run(endless().work), GivenUp)
    first.end()
    assert.equal(await running, 'done')
  })

  it('are left alone when all is given up', async () => {
    const handlers = new RunningHandlers(1, 0)
    const deaf = endless()
    const running = assert.rejects(handlers.run(deaf.work), /the network is gone/)
    await deaf.begun
    handlers.giveUp('the network is gone')
    await running
    assert.equal(deaf.signals[0]?.aborted, true)
  })
})
