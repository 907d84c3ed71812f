import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidRequestError } from '../src/exceptions.ts'
import { toKwargs, toRequest } from '../src/speech-task.ts'

const UUID = '2f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a10'
const EMAIL = 'minji@example.com'
const SSML = '<speak>Hello <break time="1s"/> there.</speak>'

test('a request that says it is SSML is the same request again behind the call, by the name on the wire', () => {
  const request = {
    type: 'ETL',
    uuid: UUID,
    requestFrom: EMAIL,
    requestTo: EMAIL,
    text: SSML,
    inputType: 'ssml',
    options: { rate: 1.5 },
  } as const
  const { uuid, email, text, ...more } = toKwargs(request)
  assert.equal(more.input_type, 'ssml')
  assert.deepEqual(toRequest({ uuid, email, text, more }, 1000), request)
})

test('a call without an input type is of a text, and gives none', () => {
  const request = toRequest({ uuid: UUID, email: EMAIL, text: '<speak>', more: {} }, 1000)
  assert.equal(request.inputType, undefined)
  assert.ok(!('input_type' in toKwargs(request)))
})

test('who calls the task itself hears what is wrong in SSML, too', () => {
  const call = (text: string, more: object) => () => toRequest({ uuid: UUID, email: EMAIL, text, more }, 1000)
  assert.throws(call('<speak>Hello <b>there</b></speak>', { input_type: 'ssml' }), (error) => {
    assert.ok(error instanceof InvalidRequestError)
    assert.match(
      error.message,
      /^text: must be SSML that is spoken here: line 1, column 14: <b> is not an element/,
    )
    return true
  })
  assert.throws(call('Hello', { input_type: 'html' }), /input_type: must be one of text, ssml/)
  assert.throws(call(SSML, { inputType: 'ssml' }), InvalidRequestError)
})
