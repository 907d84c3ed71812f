import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Connection, Producer } from '@voice-pocket/kombu'
import { MalformedMessageError } from '../src/exceptions.ts'
import { outputMessageSchema } from '../src/messages.ts'
import { Notices, queueOf } from '../src/notices.ts'

const ROUTE = { exchange: 'output.exchange', queue: 'output.queue', key: 'output.key' }
const SUBJECT = {
  uuid: '2f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a10',
  requestFrom: 'jisu@example.com',
  requestTo: 'minji@example.com',
  taskId: 'b0befd7d-fb64-565a-bb1a-7502e9c336fc',
}
const ABOUT = {
  type: 'ETL',
  uuid: SUBJECT.uuid,
  requestFrom: SUBJECT.requestFrom,
  requestTo: SUBJECT.requestTo,
}

async function openOutput(t: TestContext) {
  const connection = await new Connection(`memory://${t.name}`).connect()
  t.after(() => connection.close())
  const channel = await connection.channel()
  return {
    notices: new Notices(new Producer(connection), ROUTE),
    take: () => queueOf(ROUTE).get(channel, { noAck: true }),
  }
}

test('a success waits on the output queue, even when nobody has listened yet', async (t) => {
  const { notices, take } = await openOutput(t)
  await notices.succeeded(SUBJECT, { key: 'minji@example.com/x.wav', url: 'file:///x.wav' })
  const message = await take()
  const { taskId: task_id } = SUBJECT
  const expected = {
    ...ABOUT,
    state: 'SUCCESS',
    task_id,
    key: 'minji@example.com/x.wav',
    url: 'file:///x.wav',
    error: null,
  }
  assert.deepEqual(message?.payload, expected)
  assert.equal(message?.contentType, 'application/json')
  assert.equal(message?.properties.deliveryMode, 2)
  assert.equal(message?.properties.correlationId, SUBJECT.uuid)
  outputMessageSchema.parse(message?.payload)
})

test('a failure says why', async (t) => {
  const { notices, take } = await openOutput(t)
  await notices.failed(SUBJECT, new RangeError('no voice for tlh'))
  const { state, error, key } = outputMessageSchema.parse((await take())?.payload)
  assert.deepEqual({ state, key }, { state: 'FAILURE', key: null })
  assert.deepEqual(error, { title: 'RangeError', detail: 'no voice for tlh', reason: null })
})

test('a cancelled request is told as well', async (t) => {
  const { notices, take } = await openOutput(t)
  await notices.revoked(SUBJECT, 'It was cancelled.')
  const { state, error } = outputMessageSchema.parse((await take())?.payload)
  assert.equal(state, 'REVOKED')
  assert.equal(error?.detail, 'It was cancelled.')
})

test('a malformed message is told of only where its uuid could be read', async (t) => {
  const { notices, take } = await openOutput(t)
  await notices.rejected(new MalformedMessageError('not_json', 'The text is not JSON.'))
  await notices.rejected(new MalformedMessageError('empty_text', 'text: is empty', { uuid: SUBJECT.uuid }))
  const { uuid, state, type, requestFrom, error } = outputMessageSchema.parse((await take())?.payload)
  assert.deepEqual(
    { uuid, state, type, requestFrom },
    { uuid: SUBJECT.uuid, state: 'REJECTED', type: null, requestFrom: null },
  )
  assert.equal(error?.reason, 'empty_text')
  assert.equal(await take(), undefined)
})
