import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { MalformedMessageError } from '../../src/exceptions.ts'
import { HandlerRegistry } from '../../src/handlers.ts'
import type { MalformedReason } from '../../src/malformed-reasons.ts'
import { voiceHandler } from '../../src/voices/voice-message.ts'
import { wavOf } from './recordings.ts'
import { CONSENT, GOOD_WAV, openVoiceBench } from './voice-bench.ts'

const EMAIL = 'minji@example.com'
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

async function open(t: TestContext) {
  const bench = await openVoiceBench(t)
  const told: object[] = []
  const tell = async (done: object) => void told.push(done)
  const registry = new HandlerRegistry()
  registry.register('VOICE', voiceHandler({ voices: bench.voices, storage: bench.storage, tell }))
  const uuid = randomUUID()
  const send = (fields: object) =>
    registry.dispatch({
      type: 'VOICE',
      uuid,
      email: EMAIL,
      recordings: [{ data: base64(GOOD_WAV) }],
      consent: CONSENT,
      ...fields,
    })
  return { ...bench, told, uuid, send }
}

test('a message enrols a voice, once, however often it is delivered, and each time it is told', async (t) => {
  const { send, told, uuid, voices } = await open(t)
  assert.deepEqual(await send({ name: 'Minji' }), { uuid, taskId: `voice/${EMAIL}`, created: true })
  assert.equal((await send({ name: 'Minji' })).created, false)
  assert.deepEqual(told, Array(2).fill({ type: 'VOICE', uuid, email: EMAIL }))
  const { name, consent, enteredBy, recordings } = await voices.registry.get(EMAIL)
  assert.deepEqual([name, consent, enteredBy, recordings.length], ['Minji', CONSENT, 'queue', 1])
})

test('a recording can be in the storage already, below the folder of its owner', async (t) => {
  const { send, storage, voices } = await open(t)
  await storage.write(`${EMAIL}/incoming/one.wav`, GOOD_WAV)
  await send({ recordings: [{ key: `${EMAIL}/incoming/one.wav` }] })
  assert.equal((await voices.registry.get(EMAIL)).recordings.length, 1)
})

const REFUSED: readonly [string, object, MalformedReason, RegExp][] = [
  ['without consent', { consent: undefined }, 'missing_field', /consent/],
  ['without recordings', { recordings: [] }, 'invalid_field', /recordings/],
  [
    'with the address of a recording',
    { recordings: [{ url: 'http://10.0.0.1/' }] },
    'invalid_field',
    /a key in the storage/,
  ],
  [
    'of silence',
    { recordings: [{ data: base64(wavOf(new Float32Array(96_000))) }] },
    'invalid_recording',
    /not muted/,
  ],
  ['with what is no base64', { recordings: [{ data: '%%%' }] }, 'invalid_field', /recordings/],
  [
    "with somebody else's speech",
    { recordings: [{ key: 'jisu@example.com/1.wav' }] },
    'invalid_recording',
    /somebody else/,
  ],
  [
    'that climbs',
    { recordings: [{ key: `${EMAIL}/../jisu@example.com/1.wav` }] },
    'invalid_recording',
    /key/,
  ],
  [
    'of what is not there',
    { recordings: [{ key: `${EMAIL}/none.wav` }] },
    'invalid_recording',
    /Nothing is stored/,
  ],
  ['in the name of somebody else', { requestFrom: 'jisu@example.com' }, 'ambiguous_email', /must be absent/],
]

for (const [name, fields, reason, detail] of REFUSED) {
  test(`a message ${name} is refused: ${reason}`, async (t) => {
    const { send, told, uuid, voices, storage } = await open(t)
    await storage.write('jisu@example.com/1.wav', GOOD_WAV)
    await assert.rejects(send(fields), (error) => {
      assert.ok(error instanceof MalformedMessageError, String(error))
      assert.equal(error.reason, reason, error.message)
      assert.match(error.message, detail)
      assert.equal(error.sender.uuid, uuid)
      return true
    })
    assert.deepEqual(told, [])
    assert.equal(await voices.registry.find(EMAIL), undefined)
  })
}

test('a second voice for the same address is refused', async (t) => {
  const { send } = await open(t)
  await send({})
  await assert.rejects(send({ uuid: randomUUID() }), { reason: 'voice_conflict' })
})
