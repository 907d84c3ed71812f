import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Queue } from '@voice-pocket/kombu'
import { ImproperlyConfigured } from '../../../src/exceptions.ts'
import {
  deadLetterQueueOf,
  type MessageStepOptions,
  resolvePlan,
} from '../../../src/worker/consumer-step/options.ts'

const plan = (options: Partial<MessageStepOptions> = {}) =>
  resolvePlan({ name: 'Orders', queues: ['orders'], messages: {}, ...options })

describe('the options of a step', () => {
  it('are resolved once, with as many handlers side by side as messages are out', () => {
    const { queues, prefetchCount, concurrency, acksLate } = plan({ prefetchCount: 7 })
    assert.deepEqual([queues[0]?.name, prefetchCount, concurrency, acksLate], ['orders', 7, 7, true])
    assert.equal(plan({ concurrency: 3 }).concurrency, 3)
    assert.equal(plan({ maxTries: Number.POSITIVE_INFINITY }).maxTries, Number.POSITIVE_INFINITY)
  })

  for (const [option, value, bounds] of [
    ['prefetchCount', 0, '1 to 65535'],
    ['concurrency', Number.NaN, '1 to Infinity'],
    ['maxTries', 0, '1 to Infinity'],
    ['timeLimit', -1, '0 to 2147483'],
    ['timeLimit', Number.POSITIVE_INFINITY, '0 to 2147483'],
    ['maxBodyBytes', '1', '1 to 9007199254740991'],
  ] as const) {
    it(`refuse ${option} of ${value}`, () => {
      const message = `The step Orders: '${option}' is ${value} and must be a number from ${bounds}.`
      assert.throws(() => plan({ [option]: value }), new ImproperlyConfigured(message))
    })
  }

  it('refuse a step without a queue', () => {
    assert.throws(() => plan({ queues: [] }), /'queues' is empty/)
  })

  it('refuse a step that would read its own dead letters, its own or the worker’s', () => {
    const settings = { workerDeadLetterQueue: 'celery.dead' }
    assert.equal(deadLetterQueueOf(plan(), settings).name, 'celery.dead')
    assert.equal(deadLetterQueueOf(plan({ deadLetterQueue: new Queue('x') }), settings).name, 'x')
    const message = /would read its own dead letters from 'orders'; give 'deadLetterQueue' another name/
    assert.throws(() => deadLetterQueueOf(plan({ deadLetterQueue: 'orders' }), settings), message)
    assert.throws(() => deadLetterQueueOf(plan(), { workerDeadLetterQueue: 'orders' }), message)
  })
})
