import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { createEngine } from '../../src/engines/openai/engine.ts'
import {
  ConfigError,
  EngineUnavailableError,
  SynthesisError,
  type VoicePocketError,
} from '../../src/exceptions.ts'
import { DEFAULT_VOICE } from '../../src/voices/voice.ts'
import { engineConformance } from '../engine-conformance.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { RATE, toneFor, wavOf } from './fake-sound.ts'
import { type Misbehaviour, OpenAiServer } from './openai-server.ts'
import { pitchOf } from './tone.ts'

let server: OpenAiServer
before(async () => {
  server = await OpenAiServer.start()
})
after(() => server[Symbol.asyncDispose]())

const KEY = 'sk-very-secret'
const SETTINGS = { ...DEFAULT_VOICE, language: 'en' }
const HELLO = { text: 'Hello.', voice: 'alloy', speed: 1 }
const create = (more: object = {}) =>
  createEngine({ baseUrl: server.baseUrl, apiKey: KEY, retries: 1, timeout: 5, ...more })

engineConformance('an OpenAI-compatible server', () => create({ voices: ['alloy', 'nova'] }))

describe('the openai engine', () => {
  beforeEach(() => {
    server.asked.length = 0
  })

  afterEach(() => assert.deepEqual(server.misbehaviours, [], 'every misbehaviour had its turn'))

  it('asks as OpenAI has it, and brings the sound to its own rate', async () => {
    const engine = await create({ model: 'tts-9', sampleRate: 48_000, extra: { instructions: 'Whisper.' } })
    const { samples } = await engine.synthesize('Hello.', { ...SETTINGS, name: 'nova', rate: 2 })
    const { voice, ...rest } = (server.asked[0] ?? {}) as Record<string, unknown>
    assert.equal(voice, 'nova')
    assert.deepEqual(rest, {
      model: 'tts-9',
      input: 'Hello.',
      response_format: 'wav',
      speed: 2,
      instructions: 'Whisper.',
    })
    assert.equal(server.keys.at(-1), `Bearer ${KEY}`)
    const asSent = toneFor({ ...HELLO, voice: 'nova', speed: 2 })
    assert.equal(samples.length, asSent.length * 3)
    assert.ok(Math.abs(pitchOf(samples, 48_000) - pitchOf(asSent, RATE)) < 5, 'the tone is as high')
  })

  it('passes on how to speak, also where the settings have words of their own, unless it is not to', async () => {
    const wanted = { ...SETTINGS, instructions: 'Sing.' }
    const engine = await create({ extra: { instructions: 'Whisper.' } })
    assert.equal(engine.capabilities.instructions, true)
    await engine.synthesize('Hello.', wanted)
    await (await create()).synthesize('Hello.', SETTINGS)
    assert.deepEqual(
      server.asked.map(({ instructions }) => instructions),
      ['Sing.', undefined],
    )
    assert.equal((await create({ instructions: false })).capabilities.instructions, false)
  })

  it('is quieter as told, which no server is asked for', async () => {
    const engine = await create({ sampleRate: RATE })
    const { samples } = await engine.synthesize('Hello.', { ...SETTINGS, volume: 0.5 })
    assert.equal(Math.max(...samples), Math.round(Math.max(...toneFor(HELLO)) / 2))
  })

  it('reads bare PCM, whose rate only the options know', async () => {
    const engine = await create({ format: 'pcm', pcmSampleRate: RATE, sampleRate: RATE })
    const { samples } = await engine.synthesize('Hello.', SETTINGS)
    assert.deepEqual(samples, toneFor(HELLO))
  })

  it('sends the recording that a voice is taken from, and what is said in it', async () => {
    const engine = await create({ cloning: 'recording-and-transcript', languageField: 'lang_code' })
    assert.equal(engine.capabilities.cloning, 'recording-and-transcript')
    const reference = { samples: Int16Array.of(1, 2, 3), sampleRate: 24_000, transcript: 'One, two.' }
    await engine.synthesize('Hello.', { ...SETTINGS, reference })
    const { ref_audio, ref_text, lang_code } = (server.asked[0] ?? {}) as Record<string, unknown>
    assert.deepEqual(Buffer.from(String(ref_audio), 'base64'), wavOf(reference.samples, 24_000))
    assert.equal(ref_text, 'One, two.')
    assert.equal(lang_code, 'en')
  })

  it('takes a WAV whose writer did not know its length', async () => {
    server.misbehaviours.push((response) => {
      const wav = wavOf(toneFor(HELLO))
      wav.writeUInt32LE(0xffff_ffff, 40)
      response.setHeader('Content-Type', 'audio/wav').end(wav)
    })
    const engine = await create({ sampleRate: RATE })
    assert.deepEqual((await engine.synthesize('Hello.', SETTINGS)).samples, toneFor(HELLO))
  })

  it('takes stereo, which our own reader does not', async () => {
    server.misbehaviours.push((response) => {
      const stereo = wavOf(Int16Array.from([...toneFor(HELLO)].flatMap((sample) => [sample, sample])))
      stereo.writeUInt16LE(2, 22)
      stereo.writeUInt32LE(RATE * 4, 28)
      stereo.writeUInt16LE(4, 32)
      response.setHeader('Content-Type', 'audio/wav').end(stereo)
    })
    const { samples } = await (await create({ sampleRate: RATE })).synthesize('Hello.', SETTINGS)
    assert.equal(samples.length, toneFor(HELLO).length)
  })

  it('asks again when the server is busy, after the time that the server names', async () => {
    server.misbehaviours.push((response) => response.writeHead(429, { 'Retry-After': '0' }).end('busy'))
    const { samples } = await (await create()).synthesize('Hello.', SETTINGS)
    assert.ok(samples.length > 0)
    assert.equal(server.asked.length, 2)
  })

  it('does not wait for longer than anybody would for a sentence', async () => {
    server.misbehaviours.push((response) => response.writeHead(503, { 'Retry-After': '3600' }).end())
    await assert.rejects((await create()).synthesize('Hello.', SETTINGS), EngineUnavailableError)
  })

  const drop: Misbehaviour = (response) => void response.destroy()
  const answer =
    (status: number, headers: Record<string, string>, body: string | Buffer): Misbehaviour =>
    (response) =>
      void response.writeHead(status, headers).end(body)
  const fail = answer(500, { 'Retry-After': '0' }, '{"error":{"message":"No GPU."}}')
  const truncated: Misbehaviour = (response) => {
    response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Length': '9999' })
    response.write(wavOf(toneFor(HELLO)).subarray(0, 500), () => response.destroy())
  }
  const audio = { 'Content-Type': 'audio/wav' }

  const cases: readonly (readonly [string, readonly Misbehaviour[], typeof VoicePocketError, RegExp])[] = [
    ['an error that is null', [answer(400, {}, 'null')], SynthesisError, /answered 400: "null"/],
    [
      'an error whose message is no text',
      [answer(400, {}, '{"error":{"message":{"en":"No."}}}')],
      SynthesisError,
      /answered 400: .*No\./,
    ],
    ['is broken, twice', [fail, fail], EngineUnavailableError, /answered 500: "No GPU\."/],
    ['drops the connection, twice', [drop, drop], EngineUnavailableError, /audio\/speech: /],
    ['ends in the middle, twice', [truncated, truncated], EngineUnavailableError, /audio\/speech: /],
    [
      'does not know the key',
      [answer(401, {}, `Incorrect key ${KEY}`)],
      EngineUnavailableError,
      /401.*apiKey/,
    ],
    [
      'refuses the text',
      [answer(400, {}, '{"error":{"message":"Too long."}}')],
      SynthesisError,
      /400: "Too long/,
    ],
    [
      'answers a page',
      [answer(200, { 'Content-Type': 'text/html' }, '<html>')],
      SynthesisError,
      /text\/html instead/,
    ],
    [
      'answers an error as success',
      [answer(200, { 'Content-Type': 'application/json' }, '{}')],
      SynthesisError,
      /json/,
    ],
    ['answers garbage', [answer(200, audio, 'RIFFxxxxWAVEgarbage')], SynthesisError, /no sound/],
    [
      'answers noise',
      [answer(200, audio, Buffer.alloc(999, 7))],
      SynthesisError,
      /999 bytes that are no sound/,
    ],
    ['answers nothing', [answer(200, audio, '')], SynthesisError, /answered nothing/],
    [
      'answers half a WAV',
      [answer(200, audio, wavOf(toneFor(HELLO)).subarray(0, 900))],
      SynthesisError,
      /missing/,
    ],
  ]
  for (const [what, misbehaviours, kind, says] of cases) {
    it(`tells when the server ${what}, and never the key`, async () => {
      server.misbehaviours.push(...misbehaviours)
      const error: Error = await (await create()).synthesize('Hello.', SETTINGS).then(
        () => assert.fail('it spoke'),
        (reason) => reason,
      )
      assert.ok(error instanceof kind, String(error))
      assert.match(error.message, says)
      assert.doesNotMatch(error.message, new RegExp(KEY))
    })
  }

  it('tells when nobody listens there', async () => {
    const engine = await create({ baseUrl: 'http://127.0.0.1:3/v1', retries: 0 })
    await assert.rejects(
      engine.synthesize('Hello.', SETTINGS),
      /127\.0\.0\.1:3\/v1\/audio\/speech: .*ECONNREFUSED/,
    )
    await assert.rejects(engine.check(), EngineUnavailableError)
    await (await create()).check()
  })

  it('gives up a server that hangs', async () => {
    server.misbehaviours.push(() => {})
    const engine = await create({ timeout: 0.05, retries: 0 })
    await assert.rejects(engine.synthesize('Hello.', SETTINGS), /no answer within 0\.05 s/)
  })

  it('lets go of the server when it is cancelled, and when it is closed', async () => {
    const engine = await create()
    const cancelling = new AbortController()
    const reason = new Error('enough')
    server.misbehaviours.push(() => cancelling.abort(reason))
    await assert.rejects(engine.synthesize('Hello.', SETTINGS, cancelling.signal), reason)
    await server.abandoned.promise
    server.misbehaviours.push(() => void engine.close())
    await assert.rejects(engine.synthesize('Hello.', SETTINGS), /closed/)
  })

  it('is another one when it would sound otherwise, and has its key in nothing that is kept', async () => {
    const identities = await Promise.all(
      [{}, { timeout: 9 }, { model: 'b' }, { extra: { instructions: 'Whisper.' } }].map(
        async (more) => (await create(more)).identity,
      ),
    )
    assert.equal(identities[0], identities[1])
    assert.equal(new Set(identities).size, 3)
    assert.ok(!identities.join().includes(KEY))
  })

  it('reads its key from a file', async (t) => {
    const file = join(await temporaryFolder(t), 'key')
    await writeFile(file, 'sk-from-file\n')
    const engine = await createEngine({ baseUrl: server.baseUrl, apiKeyFile: file })
    await engine.synthesize('Hello.', SETTINGS)
    assert.equal(server.keys.at(-1), 'Bearer sk-from-file')
  })

  it('refuses options that are wrong, and repeats no value of them', async () => {
    await assert.rejects(createEngine({ baseUrl: 'ftp://x', apiKey: [KEY], volume: 11 }), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /baseUrl: .*http.*apiKey.*volume/s)
      assert.doesNotMatch(error.message, new RegExp(KEY))
      return true
    })
    await assert.rejects(createEngine({ baseUrl: 'http://x', apiKeyFile: '/nowhere' }), /\/nowhere/)
    await assert.rejects(
      createEngine({ baseUrl: 'http://x', apiKey: 'a', apiKeyFile: 'b' }),
      /both apiKey and apiKeyFile/,
    )
  })
})
