import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { MalformedMessageError, messageStep, Reject } from '../../../src/index.ts'
import { Ear } from '../../events/ear.ts'
import { memoryApp, queueSize } from '../../memory-app.ts'
import { Gate, RunningWorker } from '../../running-worker.ts'
import { type Order, stepBench } from './step-bench.ts'

const placed = (number: number) => ({ type: 'placed', number })

describe('a message that is no task', { timeout: 120_000 }, () => {
  it('is handled and acknowledged', async (t) => {
    const handled = Promise.withResolvers<Order>()
    const { send, start, told, app } = stepBench(t, (order) => handled.resolve(order))
    const { worker } = await start()
    await send(placed(1), { messageId: 'm1' })
    assert.deepEqual(await handled.promise, { number: 1 })
    await worker.stop()
    assert.deepEqual(told, ['Orders orders received', 'placed handled'])
    assert.equal(await queueSize(app, 'orders'), 0)
  })

  for (const [what, body, reason] of [
    ['prose', Buffer.from('please'), 'not_json'],
    ['other bytes', Buffer.from([0xff, 0xd8, 0xff]), 'wrong_encoding'],
    ['nothing', Buffer.alloc(0), 'empty_body'],
    ['too much', Buffer.alloc(2000, ' '), 'body_too_large'],
    ['a list', [1], 'not_an_object'],
    ['a message without a type', { number: 1 }, 'missing_type'],
    ['a message of another type', { type: 'lost' }, 'unknown_type'],
    ['a message that does not fit its schema', { type: 'placed', number: '1' }, 'invalid_message'],
  ] as const) {
    it(`is put aside with its reason and as it came: ${what}`, async (t) => {
      const told: string[] = []
      const { send, start, dead, app } = stepBench(t, () => assert.fail('it was handled'), {
        step: { maxBodyBytes: 1000, onReject: (error) => void told.push(error.reason) },
      })
      await start()
      await send(body, { headers: { mine: 1 } })
      const letter = await dead()
      assert.deepEqual(letter.body, Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)))
      const { headers } = letter
      assert.match(String(headers['x-dead-letter-reason']), new RegExp(`^${reason}: .`))
      assert.deepEqual(
        [
          headers['x-dead-letter-code'],
          headers['x-dead-letter-step'],
          headers['x-dead-letter-queue'],
          headers.mine,
        ],
        [reason, 'Orders', 'orders', 1],
      )
      assert.deepEqual(told, [reason])
      assert.equal(await queueSize(app, 'orders'), 0)
    })
  }

  it('is tried again after a pause that grows, and put aside when it has failed too often', async (t) => {
    let tries = 0
    const { send, start, dead, told, app } = stepBench(
      t,
      () => {
        tries += 1
        throw new RangeError('not today')
      },
      { step: { maxTries: 4 } },
    )
    const pauses: number[] = []
    app.signals.messageRequeued.connect(({ pauseMs }) => void pauses.push(pauseMs))
    await start()
    await send(placed(1))
    const { headers } = await dead()
    assert.equal(headers['x-dead-letter-reason'], 'failed: RangeError: not today')
    assert.deepEqual([tries, pauses], [4, [1, 2, 4]])
    assert.equal(told.at(-1), 'placed failed')
  })

  it('is tried for as long as it is wanted, and forgotten when it was handled', async (t) => {
    let tries = 0
    const handled = Promise.withResolvers<void>()
    const { send, start, app } = stepBench(
      t,
      () => {
        tries += 1
        if (tries < 12) throw new Error('not yet')
        handled.resolve()
      },
      { step: { maxTries: Number.POSITIVE_INFINITY, longestPauseMs: 2 } },
    )
    const pauses: number[] = []
    app.signals.messageRequeued.connect(({ pauseMs }) => void pauses.push(pauseMs))
    await start()
    await send(placed(1))
    await handled.promise
    assert.deepEqual([...new Set(pauses)], [1, 2])
  })

  it('goes where its handler sends it by throwing Reject or MalformedMessageError', async (t) => {
    const ends = [new Reject('somebody must look', { requeue: true }), new Reject('not ours')]
    const { send, start, dead, told } = stepBench(t, ({ number }) => {
      throw number === 2 ? new MalformedMessageError('too_dear', 'nobody pays that') : ends.shift()
    })
    await start()
    await send(placed(1))
    assert.equal((await dead()).headers['x-dead-letter-reason'], 'rejected: not ours')
    assert.deepEqual(told.slice(1), [
      'placed again: Reject: reject requeue=true: somebody must look',
      'Orders orders received',
      'placed rejected',
    ])
    await send(placed(2))
    assert.equal((await dead()).headers['x-dead-letter-reason'], 'too_dear: nobody pays that')
  })

  it('is kept while whoever sent it cannot be told', async (t) => {
    let tries = 0
    const onReject = () => {
      tries += 1
      if (tries === 1) throw new Error('the post is closed')
    }
    const { send, start, dead, told } = stepBench(t, () => assert.fail('it was handled'), {
      step: { onReject },
    })
    await start()
    await send({ type: 'lost' })
    await dead()
    assert.equal(tries, 2)
    assert.equal(told[1], 'undefined again: Error: the post is closed')
  })

  it('is kept while a receiver fails that must hear of it', async (t) => {
    const { send, start, dead, app } = stepBench(t, () => assert.fail('it was handled'))
    let heard = 0
    const hear = () => {
      heard += 1
      if (heard === 1) throw new Error('busy')
    }
    app.signals.messageRejected.connect(hear, { isRequired: true })
    await start()
    await send({ type: 'lost' })
    await dead()
    assert.equal(heard, 2)
  })

  it('goes to the dead letters that the step names', async (t) => {
    const { send, start, app } = stepBench(t, () => {}, { step: { deadLetterQueue: 'morgue' } })
    const { logger, worker } = await start()
    await send({ type: 'lost' })
    await logger.said(/goes to the dead letters/)
    await worker.stop()
    assert.deepEqual([await queueSize(app, 'morgue'), await queueSize(app, 'celery.dead')], [1, 0])
  })

  it('is read as the step says', async (t) => {
    const handled = Promise.withResolvers<unknown>()
    const app = memoryApp(t)
    const step = messageStep({
      name: 'Lines',
      queues: ['orders'],
      read: ({ body }) => body.toString().split(','),
      type: (body) => (Array.isArray(body) ? body[0] : undefined),
      messages: { line: { schema: z.array(z.string()), handle: (cells) => handled.resolve(cells.length) } },
    })
    app.steps.consumer.add(step)
    await using _running = await RunningWorker.start(app)
    const channel = await app.connection.channel()
    const bare = { contentType: undefined, contentEncoding: undefined, headers: {}, properties: {} }
    await channel.basicPublish(
      { body: Buffer.from('line,2'), ...bare },
      { exchange: '', routingKey: 'orders' },
    )
    await channel.close()
    assert.equal(await handled.promise, 2)
  })
})

describe('a step that acknowledges before it handles', { timeout: 60_000 }, () => {
  it('has acknowledged what it handles, and not yet what is malformed', async (t) => {
    const acknowledged = Promise.withResolvers<boolean>()
    const { send, start, dead } = stepBench(
      t,
      (_, { message }) => acknowledged.resolve(message.acknowledged),
      { step: { acksLate: false, onReject: (_, message) => assert.equal(message.acknowledged, false) } },
    )
    await start()
    await send(placed(1))
    assert.equal(await acknowledged.promise, true)
    await send({ type: 'lost' })
    assert.equal((await dead()).headers['x-dead-letter-code'], 'unknown_type')
  })

  it('keeps what failed as a dead letter, for it cannot come again', async (t) => {
    const { send, start, dead } = stepBench(
      t,
      () => {
        throw new Error('no')
      },
      { step: { acksLate: false } },
    )
    await start()
    await send(placed(1))
    assert.equal((await dead()).headers['x-dead-letter-reason'], 'failed: Error: no')
  })

  it('finishes what it handles over a lost connection', async (t) => {
    const gate = new Gate()
    const { send, start, told } = stepBench(t, () => gate.pass(), { step: { acksLate: false } })
    const { worker, logger } = await start()
    await send(placed(1))
    await gate.entered
    worker.consumer.restart(new Error('the network is gone'))
    await logger.said(/Connected to/, 2)
    gate.open()
    await worker.stop()
    assert.deepEqual([gate.passed, told.filter((line) => line.endsWith('handled'))], [1, ['placed handled']])
  })
})

describe('a step', { timeout: 60_000 }, () => {
  it('is called as it says', () => {
    assert.equal(messageStep({ name: 'Orders', queues: ['orders'], messages: {} }).name, 'Orders')
  })

  it('handles so many side by side, and has so many out, whatever the pool has', async (t) => {
    const gate = new Gate()
    const { send, start, told, app } = stepBench(t, () => gate.pass(), {
      step: { prefetchCount: 4, concurrency: 2 },
    })
    for (let number = 0; number < 6; number++) await send(placed(number))
    const { worker } = await start({ concurrency: 1 })
    await gate.entered
    const received = () => told.filter((line) => line.endsWith('received')).length
    assert.deepEqual([gate.passed, received(), await queueSize(app, 'orders')], [2, 4, 2])
    gate.open()
    const all = Promise.withResolvers<void>()
    app.signals.messageHandled.connect(() => {
      if (gate.passed === 6) all.resolve()
    })
    await all.promise
    await worker.stop()
    assert.equal(await queueSize(app, 'orders'), 0)
  })

  it('counts a handler that never ends as failed at its time limit, and tells it', async (t) => {
    const signals: AbortSignal[] = []
    const { send, start, dead } = stepBench(
      t,
      (_, { signal }) => {
        signals.push(signal)
        return new Promise(() => {})
      },
      { step: { timeLimit: 0.02, maxTries: 2 } },
    )
    await start()
    await send(placed(1))
    const { headers } = await dead()
    assert.match(
      String(headers['x-dead-letter-reason']),
      /^failed: MessageTimeLimitExceeded: .*: 0\.02 seconds$/,
    )
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, true],
    )
  })

  it('does not keep a connection from being made anew by a handler that never ends: its message comes again', async (t) => {
    const begun = Promise.withResolvers<AbortSignal>()
    const again = Promise.withResolvers<boolean>()
    const { send, start } = stepBench(t, (_, { signal, message }) => {
      if (message.deliveryInfo.redelivered) return again.resolve(true)
      begun.resolve(signal)
      return new Promise(() => {})
    })
    const { worker } = await start()
    await send(placed(1))
    const signal = await begun.promise
    worker.consumer.restart(new Error('the network is gone'))
    assert.equal(await again.promise, true)
    assert.equal(signal.aborted, true)
  })

  it('finishes what it handles when the worker stops, and gives back what has not begun', async (t) => {
    const gate = new Gate()
    const { send, start, told, app } = stepBench(t, () => gate.pass(), { step: { concurrency: 1 } })
    const { worker } = await start()
    for (let number = 0; number < 3; number++) await send(placed(number))
    await gate.entered
    const stopping = worker.stop()
    gate.open()
    await stopping
    assert.deepEqual([gate.passed, told.filter((line) => line === 'placed handled').length], [1, 1])
    assert.equal(await queueSize(app, 'orders'), 2)
  })

  it('takes no more as soon as the worker stops, also while tasks still run', async (t) => {
    const gate = new Gate()
    const { send, start, told, app } = stepBench(t, () => {})
    const task = app.task('t', () => gate.pass())
    const { worker } = await start()
    await task.delay()
    await gate.entered
    const stopping = worker.stop()
    await send(placed(1))
    gate.open()
    await stopping
    assert.deepEqual(told, [])
    assert.equal(await queueSize(app, 'orders'), 1)
  })

  it('gives up what it handles when the worker is ended at once, also one that stops already', async (t) => {
    for (const stopsAlready of [false, true]) {
      const begun = Promise.withResolvers<AbortSignal>()
      const { send, start, app } = stepBench(t, (_, { signal }) => {
        begun.resolve(signal)
        return new Promise(() => {})
      })
      const { worker } = await start()
      await send(placed(1))
      const signal = await begun.promise
      const stopping = stopsAlready ? worker.stop() : undefined
      await worker.terminate()
      await stopping
      assert.equal(signal.aborted, true)
      assert.equal(await queueSize(app, 'orders'), 1)
    }
  })

  it('gives back at once what waits for its next try', async (t) => {
    const { send, start, app } = stepBench(
      t,
      () => {
        throw new Error('no')
      },
      { step: { firstPauseMs: 600_000, longestPauseMs: 600_000 } },
    )
    const { worker, logger } = await start()
    await send(placed(1))
    await logger.said(/failed: back to its queue in 600000 ms/)
    await worker.stop()
    assert.equal(await queueSize(app, 'orders'), 1)
  })

  it('tells monitors of its messages, with -E', async (t) => {
    const { send, start, app } = stepBench(t, ({ number }) => {
      if (number === 2) throw new Reject('no')
    })
    const ear = await Ear.on(t, app)
    await start({ taskEvents: true, hostname: 'w1@host' })
    await send(placed(1), { messageId: 'm1' })
    await send(placed(2))
    const heard = () => ear.events.filter(({ type }) => type.startsWith('message-'))
    await ear.until(() => heard().length === 4)
    const fields = heard().map(
      ({ type, hostname, step, queue, message_type, message_id, reason, detail }) => ({
        ...{ type, hostname, step, queue, message_type, message_id, reason, detail },
      }),
    )
    const subject = {
      hostname: 'w1@host',
      step: 'Orders',
      queue: 'orders',
      reason: undefined,
      detail: undefined,
    }
    const expected = [
      { ...subject, type: 'message-received', message_type: null, message_id: 'm1' },
      { ...subject, type: 'message-handled', message_type: 'placed', message_id: 'm1' },
      { ...subject, type: 'message-received', message_type: null, message_id: null },
      {
        ...{ ...subject, type: 'message-rejected', message_type: 'placed', message_id: null },
        ...{ reason: 'rejected', detail: 'no' },
      },
    ]
    const byName = (one: { type: string; message_id: unknown }, other: typeof one) =>
      `${one.type} ${one.message_id}` < `${other.type} ${other.message_id}` ? -1 : 1
    assert.deepEqual(fields.sort(byName), expected.sort(byName))
    assert.equal(typeof heard().find(({ type }) => type === 'message-handled')?.runtime, 'number')
  })

  it('says nothing to monitors without -E', async (t) => {
    const handled = Promise.withResolvers<void>()
    const { send, start, app } = stepBench(t, () => handled.resolve())
    const ear = await Ear.on(t, app)
    const { worker } = await start()
    await send(placed(1))
    await handled.promise
    await worker.stop()
    await ear.until(() => ear.events.some(({ type }) => type === 'worker-offline'))
    assert.deepEqual(
      ear.events.filter(({ type }) => type.startsWith('message-')),
      [],
    )
  })
})
