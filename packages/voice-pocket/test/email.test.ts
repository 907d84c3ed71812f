import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readKeyOptions } from '../src/bin/key-options.ts'
import { readEmail } from '../src/email.ts'
import { readSender } from '../src/handlers.ts'
import { etlSchema } from '../src/messages.ts'
import { subjectOf, toRequest } from '../src/speech-task.ts'

const UUID = '2f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a10'
const [COMPOSED, DECOMPOSED] = ['ren\u00e9@example.com', 'rene\u0301@EXAMPLE.com']
const MINJI = { typed: 'Minji@Example.COM', one: 'Minji@example.com' }

test('an address has one form: a domain in lower case, letters composed, what is before the @ as it was typed', () => {
  assert.equal(readEmail(MINJI.typed), MINJI.one)
  assert.equal(readEmail(DECOMPOSED), COMPOSED)
  assert.equal(readEmail('김민지@예시.한국'.normalize('NFD')), '김민지@예시.한국')
  assert.equal(readEmail('a@b@example.com'), undefined)
  assert.equal(readEmail('minji'), undefined)
})

test('whatever way a request comes in, its addresses are in that form', () => {
  const message = { type: 'ETL', uuid: UUID, text: 'Hello.' }
  const parsed = etlSchema(100).parse({ ...message, requestFrom: DECOMPOSED, requestTo: MINJI.typed })
  assert.deepEqual([parsed.requestFrom, parsed.requestTo], [COMPOSED, MINJI.one])
  const call = { uuid: UUID, email: MINJI.typed, text: 'Hello.', more: { requestFrom: DECOMPOSED } }
  const request = toRequest(call, 100)
  assert.deepEqual([request.requestFrom, request.requestTo], [COMPOSED, MINJI.one])
  const parties = { uuid: UUID, requestFrom: COMPOSED, requestTo: MINJI.one }
  assert.deepEqual(subjectOf([UUID, MINJI.typed, 'Hello.'], { requestFrom: DECOMPOSED }), parties)
  assert.deepEqual(subjectOf([], { uuid: UUID, email: MINJI.typed, requestFrom: DECOMPOSED }), parties)
  assert.deepEqual(readSender({ uuid: UUID, requestFrom: DECOMPOSED, requestTo: MINJI.typed }), parties)
})

test('addresses that are the same do not contradict each other', () => {
  const message = { type: 'ETL', uuid: UUID, text: 'Hello.', email: MINJI.one, requestFrom: MINJI.typed }
  assert.equal(etlSchema(100).parse(message).requestFrom, MINJI.one)
})

test('a key is of the owner, however the address was typed', () => {
  assert.equal(readKeyOptions({ user: MINJI.typed }, 0).email, MINJI.one)
})
