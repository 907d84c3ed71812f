import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { parseSenders } from '../../src/access/senders.ts'
import { outputMessageSchema } from '../../src/messages.ts'
import { taskIdFor } from '../../src/uuid.ts'
import { openBench } from '../input-bench.ts'
import { goodMessage } from '../malformed-messages.ts'
import { serviceUrl } from '../service-url.ts'
import { silentLogger } from '../silent-logger.ts'

const amqp = serviceUrl('AMQP_URL')
const skip = amqp === undefined && 'no AMQP_URL: npm test starts a RabbitMQ'
const user = new URL(amqp ?? 'amqp://guest@nowhere').username || 'guest'

test('RabbitMQ says who sent a message, and only those are served whom the rules let ask', {
  skip,
}, async (t) => {
  const bench = await openBench(t, String(amqp))
  const served = Promise.withResolvers<object>()
  await bench.startStep({
    senders: parseSenders(`${user}=*@example.com`),
    logger: { ...silentLogger, info: (fields: object | string) => served.resolve(Object(fields)) },
  })
  const [allowed, other, nameless] = [randomUUID(), randomUUID(), randomUUID()]
  await bench.send(goodMessage({ uuid: nameless, email: 'minji@example.com' }))
  await bench.send(goodMessage({ uuid: other, email: 'minji@example.org' }), { userId: user })
  await bench.send(goodMessage({ uuid: allowed, email: 'minji@example.com' }), { userId: user })

  const dead = await bench.receive(bench.deadQueue, 2)
  for (const { headers } of dead) assert.match(String(headers['x-dead-letter-reason']), /^not_permitted: /)
  const notices = await bench.receive(bench.outputQueue, 2)
  const told = notices.map(({ payload }) => outputMessageSchema.parse(payload))
  const rows = told.map(({ uuid, state, error, requestFrom }) => [uuid, state, error?.reason, requestFrom])
  assert.deepEqual(
    new Set(rows),
    new Set([
      [nameless, 'REJECTED', 'not_permitted', 'minji@example.com'],
      [other, 'REJECTED', 'not_permitted', 'minji@example.org'],
    ]),
  )
  assert.deepEqual(await served.promise, { uuid: allowed, taskId: taskIdFor(allowed), created: true })
  assert.deepEqual(bench.started, [taskIdFor(allowed)])
})

test('RabbitMQ does not take a message under the name of another user', { skip }, async (t) => {
  const bench = await openBench(t, String(amqp))
  const forged = bench.send(goodMessage({ uuid: randomUUID() }), { userId: `not-${user}` })
  await assert.rejects(forged, /user_id|PRECONDITION/i)
})
