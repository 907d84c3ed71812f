/** OpenAI's own client for Node against `voice-pocket serve`. */
import assert from 'node:assert/strict'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { after, before, describe, it } from 'node:test'
import OpenAI from 'openai'
import { Stream } from 'openai/streaming'
import { FORMAT_NAMES } from '../../src/audio/formats/index.ts'
import { WAV_HEADER_BYTES } from '../../src/audio/wav.ts'
import { follow, type StatusEvent } from '../end-to-end/events.ts'
import { Workspace } from '../end-to-end/workspace.ts'
import { soundLength } from './sound-length.ts'

const ASK = { model: 'tts-1', voice: 'alloy', input: 'Good morning. This is a test of the speech.' } as const
/** Long enough that it cannot be spoken while one looks. */
const LONG = { ...ASK, input: 'This is one of very many sentences. '.repeat(2_000) }

interface SpeechEvent {
  readonly type: string
  readonly audio?: string
  readonly usage?: { readonly input_tokens: number; readonly output_tokens: number }
}

describe("OpenAI's client for Node", { timeout: 120_000 }, () => {
  const ends: (() => Promise<void>)[] = []
  let workspace: Workspace
  let client: OpenAI
  let api: string

  before(async () => {
    workspace = await Workspace.open({ after: (end) => ends.push(end) })
    const served = await workspace.serve({
      VOICE_POCKET_CONCURRENCY: '3',
      VOICE_POCKET_OPENAI_VOICES: 'boss=minji@example.com',
    })
    api = served.api
    client = new OpenAI({ baseURL: new URL('/v1', api).href, apiKey: 'none', maxRetries: 0 })
  })
  after(async () => {
    for (const end of ends) await end()
  })

  const statusOf = async (uuid: string | null) =>
    (await (await fetch(`${api}/${uuid}`)).json()) as StatusEvent & { readonly result: string }

  it('streams to a file, an MP3 unless told', async () => {
    const speech = await client.audio.speech.create(ASK)
    assert.equal(speech.headers.get('content-type'), 'audio/mpeg')
    const path = join(workspace.folder, 'speech.mp3')
    await pipeline(Readable.fromWeb(speech.body as never), createWriteStream(path))
    const seconds = await soundLength(await readFile(path), 'mp3')
    assert.ok(seconds > 2 && seconds < 5, `${seconds} s`)
  })

  it('every format is decodable, as long as the speech, and of the right type', async () => {
    const original = await client.audio.speech.create({ ...ASK, response_format: 'pcm' })
    const seconds = await soundLength(await original.bytes(), 'pcm')
    const checks = FORMAT_NAMES.map(async (format) => {
      const speech = await client.audio.speech.create({ ...ASK, response_format: format })
      assert.match(String(speech.headers.get('content-type')), TYPES[format])
      const length = await soundLength(await speech.bytes(), format)
      assert.ok(Math.abs(length - seconds) < 0.2, `${format}: ${length} s instead of ${seconds}`)
    })
    await Promise.all(checks)
  })

  it('speed changes how long it takes; beyond what the engine has, it comes as near as it can', async () => {
    const secondsAt = async (speed: number) => {
      const speech = await client.audio.speech.create({ ...ASK, speed, response_format: 'pcm' })
      return soundLength(await speech.bytes(), 'pcm')
    }
    const [slowest = 0, slow = 0, normal = 0, fast = 0] = await Promise.all([0.25, 0.5, 1, 2].map(secondsAt))
    assert.ok(slowest > slow && slow > 1.5 * normal && fast < 0.75 * normal)
  })

  it('the first sound comes before all is spoken', async () => {
    const speech = await client.audio.speech.create({ ...LONG, response_format: 'wav' })
    const reader = speech.body?.getReader()
    assert.ok((await reader?.read())?.value?.length)
    assert.equal((await statusOf(speech.headers.get('x-request-id'))).state, 'PROGRESS')
    await reader?.cancel()
  })

  it('who goes away cancels', async () => {
    const gone = new AbortController()
    const speech = await client.audio.speech.create(LONG, { signal: gone.signal })
    const uuid = speech.headers.get('x-request-id')
    gone.abort()
    const seen = await follow(`${api}/${uuid}/events`)
    assert.equal(seen.at(-1)?.state, 'REVOKED')
  })

  it("events come through the client's stream, and their pieces are the file", async () => {
    const response = await client.audio.speech.create({
      ...ASK,
      response_format: 'wav',
      stream_format: 'sse',
    })
    assert.match(String(response.headers.get('content-type')), /^text\/event-stream/)
    const events: SpeechEvent[] = []
    for await (const event of Stream.fromSSEResponse<SpeechEvent>(response, new AbortController())) {
      events.push(event)
    }
    const done = events.pop()
    assert.deepEqual([...new Set(events.map(({ type }) => type))], ['speech.audio.delta'])
    const joined = Buffer.concat(events.map(({ audio = '' }) => Buffer.from(audio, 'base64')))
    const file = await (await fetch(`${api}/${response.headers.get('x-request-id')}/audio`)).bytes()
    // But for its length, which nobody knew when it began.
    assert.ok(joined.subarray(WAV_HEADER_BYTES).equals(file.subarray(WAV_HEADER_BYTES)))
    const seconds = await soundLength(joined, 'wav')
    assert.equal(done?.type, 'speech.audio.done')
    assert.equal(done?.usage?.input_tokens, ASK.input.length)
    assert.ok(Math.abs(Number(done?.usage?.output_tokens) - seconds / 0.05) <= 1)
  })

  it('who leaves the stream of events cancels', async () => {
    const response = await client.audio.speech.create({ ...LONG, stream_format: 'sse' })
    const leave = new AbortController()
    for await (const { type } of Stream.fromSSEResponse<SpeechEvent>(response, leave)) {
      assert.equal(type, 'speech.audio.delta')
      break
    }
    const seen = await follow(`${api}/${response.headers.get('x-request-id')}/events`)
    assert.equal(seen.at(-1)?.state, 'REVOKED')
  })

  it('what is cancelled by somebody else breaks off, and a stream of events says so', async () => {
    const response = await client.audio.speech.create({ ...LONG, stream_format: 'sse' })
    const uuid = response.headers.get('x-request-id')
    await assert.rejects(
      async () => {
        for await (const _ of Stream.fromSSEResponse(response, new AbortController())) {
          await fetch(`${api}/${uuid}`, { method: 'DELETE' })
        }
      },
      (error) => error instanceof OpenAI.APIError && error.code === 'cancelled',
    )
  })

  it('who ask at once get each their own', async () => {
    const inputs = Array.from({ length: 6 }, (_, i) => 'Another word. '.repeat(i + 1))
    const lengths = await Promise.all(inputs.map(secondsOf))
    for (const [i, seconds] of lengths.entries()) {
      const word = seconds / (i + 1)
      assert.ok(word > 0.7 && word < 1.4, `${i + 1} times in ${seconds} s`)
      assert.ok(seconds > 0.5 + Number(lengths[i - 1] ?? 0))
    }
  })

  it('a voice by its name, as an object, by an e-mail, and by a name of the operator', async () => {
    const voices = [
      ['f2', 'openai@voice-pocket.invalid'],
      [{ id: 'f2' }, 'openai@voice-pocket.invalid'],
      ['minji@example.com', 'minji@example.com'],
      ['boss', 'minji@example.com'],
    ] as const
    const checks = voices.map(async ([voice, whose]) => {
      const speech = await client.audio.speech.create({ ...ASK, voice, model: 'espeak' })
      await speech.bytes()
      const uuid = speech.headers.get('x-request-id')
      assert.equal((await statusOf(uuid)).result, `${whose}/${uuid}.wav`)
    })
    await Promise.all(checks)
  })

  it('lists models, and finds one', async () => {
    const { data } = await client.models.list()
    assert.ok(data.some(({ id }) => id === 'gpt-4o-mini-tts'))
    assert.ok(data.some(({ id }) => id === 'espeak'))
    assert.equal((await client.models.retrieve('espeak')).object, 'model')
    await assert.rejects(client.models.retrieve('tts-9'), OpenAI.NotFoundError)
  })

  it('throws the class of what went wrong, with the field', async () => {
    for (const [change, kind, param, code] of [
      [{ model: 'tts-9' }, OpenAI.NotFoundError, 'model', 'model_not_found'],
      [{ voice: 'nobody' }, OpenAI.BadRequestError, 'voice', 'invalid_value'],
      [{ input: ' ' }, OpenAI.BadRequestError, 'input', 'invalid_value'],
      [{ input: '…' }, OpenAI.BadRequestError, 'input', 'invalid_value'],
      [{ input: 'a'.repeat(100_001) }, OpenAI.BadRequestError, 'input', 'string_above_max_length'],
      [{ speed: 5 }, OpenAI.BadRequestError, 'speed', 'decimal_above_max_value'],
      [{ input: undefined }, OpenAI.BadRequestError, 'input', 'missing_required_parameter'],
    ] as const) {
      await assert.rejects(client.audio.speech.create({ ...ASK, ...change } as typeof ASK), (error) => {
        assert.ok(error instanceof kind, String(error))
        assert.deepEqual([error.param, error.code, error.type], [param, code, 'invalid_request_error'])
        assert.ok(error.requestID)
        return true
      })
    }
  })

  async function secondsOf(input: string): Promise<number> {
    const speech = await client.audio.speech.create({ ...ASK, input, response_format: 'pcm' })
    return soundLength(await speech.bytes(), 'pcm')
  }
})

const TYPES = {
  mp3: /^audio\/mpeg$/,
  opus: /^audio\/ogg; codecs=opus$/,
  aac: /^audio\/aac$/,
  flac: /^audio\/flac$/,
  wav: /^audio\/wav$/,
  pcm: /^audio\/pcm$/,
} as const
