import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { Queue } from '@voice-pocket/kombu'
import { IndexUnavailableError } from '../src/exceptions.ts'
import { type OutputMessage, outputMessageSchema, type SpeechRequest } from '../src/messages.ts'
import { taskIdFor } from '../src/uuid.ts'
import { openBench } from './input-bench.ts'
import { EMAIL, goodMessage, MALFORMED, UUID } from './malformed-messages.ts'
import { serviceUrl } from './service-url.ts'
import { silentLogger } from './silent-logger.ts'

const amqp = serviceUrl('AMQP_URL')
const brokers = ['memory://input-consumer', 'sqlite', ...(amqp ? [amqp] : [])]

for (const broker of brokers) {
  suite(`input consumer on ${broker.split(':')[0]}`, () => {
    test('every malformed message is put aside with its reason, told where it can be, and the good one after them is served', async (t) => {
      const bench = await openBench(t, broker)
      const served = Promise.withResolvers<object>()
      await bench.startStep({
        logger: { ...silentLogger, info: (fields: object | string) => served.resolve(Object(fields)) },
      })
      for (const { name, body, headers, ...labels } of MALFORMED) {
        await bench.send(body, { ...labels, headers: { ...headers, case: name } })
      }
      const good = randomUUID()
      await bench.send(goodMessage({ uuid: good }))

      const expectNotice = MALFORMED.filter(({ notice }) => notice)
      const [dead, notices] = await Promise.all([
        bench.receive(bench.deadQueue, MALFORMED.length),
        bench.receive(bench.outputQueue, expectNotice.length),
      ])
      const reasons = Object.fromEntries(
        dead.map(({ headers }) => [headers.case, String(headers['x-dead-letter-reason']).split(':')[0]]),
      )
      assert.deepEqual(reasons, Object.fromEntries(MALFORMED.map(({ name, reason }) => [name, reason])))
      for (const { body, headers } of dead) {
        assert.deepEqual(
          body,
          MALFORMED.find(({ name }) => name === headers.case)?.body,
          'the body is as it came',
        )
      }

      const told = notices.map(({ payload }) => outputMessageSchema.parse(payload))
      assert.deepEqual(
        told.map(({ error }) => error?.reason).sort(),
        expectNotice.map(({ reason }) => reason).sort(),
      )
      assert.ok(
        told.every(({ uuid, state, task_id }) => uuid === UUID && state === 'REJECTED' && task_id === null),
      )

      assert.deepEqual(await served.promise, { uuid: good, taskId: taskIdFor(good), created: true })
      assert.deepEqual(bench.started, [taskIdFor(good)])
      assert.equal(await bench.waiting(bench.inputQueue), 0)
    })

    test('the same uuid, many times and to two workers, starts one task', async (t) => {
      const bench = await openBench(t, broker)
      const copies = 12
      for (let copy = 0; copy < copies; copy++) await bench.send(goodMessage())
      let settled = 0
      const allSettled = Promise.withResolvers<void>()
      const logger = { ...silentLogger, info: () => void (++settled === copies && allSettled.resolve()) }
      const workers = await Promise.all([bench.startStep({ logger }), bench.startStep({ logger })])
      await allSettled.promise
      await Promise.all(workers.map((worker) => worker.stop()))
      assert.deepEqual(bench.started, [taskIdFor(UUID)])
      assert.equal(await bench.waiting(bench.inputQueue), 0)
    })

    test('a priority that stands on the message, and not in it, is the priority of the request', async (t) => {
      const served = Promise.withResolvers<SpeechRequest>()
      const bench = await openBench(t, broker, async (request) => served.resolve(request))
      await bench.startStep()
      await bench.send(goodMessage(), { priority: 8 })
      assert.equal((await served.promise).priority, 8)
    })

    test('a failure that is not the fault of the message keeps it: after a pause it is served', async (t) => {
      let attempts = 0
      const served = Promise.withResolvers<void>()
      const bench = await openBench(t, broker, async () => {
        attempts += 1
        if (attempts === 1) throw new IndexUnavailableError('Redis is away')
        served.resolve()
      })
      await bench.startStep()
      await bench.send(goodMessage())
      await served.promise
      assert.deepEqual(bench.started, [taskIdFor(UUID), taskIdFor(UUID)])
    })

    test('a worker that stops during the pause gives the message back at once', async (t) => {
      const bench = await openBench(t, broker)
      const failed = Promise.withResolvers<void>()
      const run = async () => {
        throw new IndexUnavailableError('Redis is away')
      }
      const registry = { prepare: async () => ({ type: 'ETL', run }) }
      const logger = { ...silentLogger, error: () => failed.resolve() }
      const worker = await bench.startStep({ registry, logger })
      await bench.send(goodMessage())
      await failed.promise
      await worker.stop()
      const [message] = await bench.receive(bench.inputQueue, 1)
      assert.deepEqual(message?.body, goodMessage())
      assert.equal(message?.deliveryInfo.redelivered, true)
    })

    test('when the connection is lost in the middle, another worker serves the message, as the same task', async (t) => {
      const begun = Promise.withResolvers<void>()
      const goOn = Promise.withResolvers<void>()
      const bench = await openBench(t, broker, () => {
        begun.resolve()
        return goOn.promise
      })
      const first = await bench.startStep()
      await bench.send(goodMessage())
      await begun.promise
      await first.connection.close()
      const known = Promise.withResolvers<object>()
      const logger = { ...silentLogger, info: (fields: object | string) => known.resolve(Object(fields)) }
      await bench.startStep({ logger })
      goOn.resolve()
      assert.deepEqual(await known.promise, { uuid: UUID, taskId: taskIdFor(UUID), created: false })
      assert.deepEqual(bench.started, [taskIdFor(UUID)])
    })

    test('when the dead-letter queue cannot be reached, the malformed message is kept', async (t) => {
      const bench = await openBench(t, broker)
      const failed = Promise.withResolvers<void>()
      const logger = { ...silentLogger, error: () => failed.resolve() }
      class Unreachable extends Queue {
        override async declare(): Promise<never> {
          throw new IndexUnavailableError('no dead-letter queue')
        }
      }
      const worker = await bench.startStep({ deadQueue: new Unreachable('x'), logger })
      await bench.send(goodMessage({ email: 'nobody' }))
      await failed.promise
      await worker.stop()
      assert.equal(await bench.waiting(bench.inputQueue), 1)
    })
  })
}

test('the notice of a message that was not accepted says who asked, and why', async (t) => {
  const bench = await openBench(t, 'memory://input-consumer')
  await bench.startStep()
  await bench.send(goodMessage({ text: ' ' }))
  const [message] = await bench.receive(bench.outputQueue, 1)
  const expected: OutputMessage = {
    type: 'ETL',
    uuid: UUID,
    requestFrom: EMAIL,
    requestTo: EMAIL,
    state: 'REJECTED',
    task_id: null,
    key: null,
    url: null,
    error: {
      title: 'The message was not accepted',
      detail: 'text: must have something to say: it is empty or only blanks',
      reason: 'empty_text',
    },
  }
  assert.deepEqual(message?.payload, expected)
  assert.equal(message?.properties.correlationId, UUID)
  assert.equal(message?.properties.deliveryMode, 2)
})
