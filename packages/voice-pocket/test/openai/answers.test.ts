/** What OpenAI's client makes of our answers, without a socket between them; the test is the worker. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperationalError } from '@voice-pocket/kombu'
import OpenAI from 'openai'
import { parseQuotas } from '../../src/access/quota.ts'
import { toBytes } from '../../src/audio/pcm.ts'
import { wavHeader } from '../../src/audio/wav.ts'
import {
  EngineUnavailableError,
  ForbiddenError,
  InvalidVoiceError,
  NoGrantError,
  SynthesisError,
  UnspeakableTextError,
} from '../../src/exceptions.ts'
import type { SpeechRequest } from '../../src/messages.ts'
import { taskIdFor } from '../../src/uuid.ts'
import { MINJI, openClosedBench } from '../http/closed-bench.ts'
import { DEFAULT_EMAIL, openHttpBench } from '../http/http-bench.ts'

const ASK = { model: 'tts-1', voice: 'alloy', input: 'Hello.' } as const
const RATE = 22_050
const SOUND = Int16Array.from({ length: RATE }, (_, i) => 9_000 * Math.sin(i / 9))
const WAV = Buffer.concat([wavHeader(RATE, SOUND.byteLength), toBytes(SOUND)])

type Bench = Awaited<ReturnType<typeof openHttpBench>>

/** The client, and a worker that serves what is asked for first. */
function open(bench: Bench) {
  const asked = Promise.withResolvers<SpeechRequest>()
  const request = bench.service.request.bind(bench.service)
  bench.service.request = async (wanted) => {
    const accepted = await request(wanted)
    asked.resolve(wanted)
    return accepted
  }
  const clientWith = (apiKey: string) =>
    new OpenAI({
      apiKey,
      baseURL: 'http://127.0.0.1/v1',
      maxRetries: 0,
      fetch: async (url, init) => bench.app.fetch(new Request(String(url), init)),
    })
  const worker = {
    async fail(error: Error) {
      const { uuid } = await asked.promise
      await bench.results.markAsFailure(taskIdFor(uuid), error)
    },
    async succeed() {
      const { uuid, requestTo } = await asked.promise
      const key = `${requestTo}/${uuid}.wav`
      await bench.storage.write(key, WAV)
      await bench.results.markAsDone(taskIdFor(uuid), key)
    },
  }
  return { ...bench, worker, client: clientWith('none'), clientWith, asked: asked.promise }
}

test('what is asked for is what the task is sent', async (t) => {
  const { client, worker, asked } = open(await openHttpBench(t))
  const answer = client.audio.speech.create({
    ...ASK,
    voice: { id: 'f2' },
    speed: 1.5,
    instructions: 'Sing.',
    ...{ priority: 7 }, // not of OpenAI, so that its types do not know it
  })
  await worker.succeed()
  await (await answer).bytes()
  const { requestFrom, requestTo, text, options, priority } = await asked
  assert.equal(priority, 7)
  assert.deepEqual([requestFrom, requestTo, text], [DEFAULT_EMAIL, DEFAULT_EMAIL, ASK.input])
  assert.deepEqual(options, { instructions: 'Sing.', voice: 'f2', rate: 1.5, pitch: 1, range: 1, volume: 1 })
})

test('fields that are null are as good as absent, and those of other servers are ignored', async (t) => {
  const { client, worker, asked } = open(await openHttpBench(t))
  const more = {
    priority: null,
    speed: null,
    response_format: null,
    stream_format: null,
    instructions: null,
    lang_code: 'a',
  }
  const answer = client.audio.speech.create({ ...ASK, ...more } as unknown as typeof ASK)
  await worker.succeed()
  const speech = await answer
  assert.equal(speech.headers.get('content-type'), 'audio/mpeg')
  await speech.bytes()
  assert.equal((await asked).options.rate, 1)
})

test('PCM is at 24 kHz, whatever the engine has', async (t) => {
  const { client, worker } = open(await openHttpBench(t))
  const answer = client.audio.speech.create({ ...ASK, response_format: 'pcm' })
  await worker.succeed()
  assert.equal((await (await answer).bytes()).length, 2 * 24_000)
})

test('a user asks in their own name', async (t) => {
  const bench = await openClosedBench(t)
  const { clientWith, worker, asked } = open(bench)
  const client = clientWith((await bench.keyOf(MINJI))['X-API-Key'])
  const answer = client.audio.speech.create({ ...ASK, voice: MINJI })
  await worker.succeed()
  await (await answer).bytes()
  const { requestFrom, requestTo, options } = await asked
  assert.deepEqual([requestFrom, requestTo, options], [MINJI, MINJI, {}])
})

test('voices are listed as objects, and as names alone', async (t) => {
  const { client } = open(await openHttpBench(t))
  const { voices } = await client.get<{ voices: { id: string }[] }>('/audio/voices')
  assert.deepEqual(voices[0], { id: 'alloy', name: 'alloy' })
  const legacy = await client.get<{ voices: string[] }>('/audio/voices?legacy=true&model=espeak')
  assert.deepEqual(
    legacy.voices,
    voices.map(({ id }) => id),
  )
})

test('a service asks in the name of the setting', async (t) => {
  const bench = await openClosedBench(t)
  const { clientWith, worker, asked } = open(bench)
  const answer = clientWith((await bench.keyOf())['X-API-Key']).audio.speech.create({ ...ASK, voice: MINJI })
  await worker.succeed()
  await (await answer).bytes()
  const { requestFrom, requestTo } = await asked
  assert.deepEqual([requestFrom, requestTo], [DEFAULT_EMAIL, MINJI])
})

test('who is not known, and who has used up their quota', async (t) => {
  const bench = await openClosedBench(t, { quotas: parseQuotas('characters=10/day') ?? [] })
  const { client, clientWith } = open(bench)
  await assert.rejects(client.models.list(), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError)
    assert.deepEqual([error.type, error.code], ['invalid_request_error', 'invalid_api_key'])
    return true
  })
  const user = clientWith((await bench.keyOf(MINJI))['X-API-Key'])
  await assert.rejects(user.audio.speech.create({ ...ASK, input: 'More than ten.' }), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError)
    assert.deepEqual([error.type, error.code], ['requests', 'rate_limit_exceeded'])
    assert.ok(Number(error.headers.get('retry-after')) > 0)
    return true
  })
})

test('a voice that its owner has not granted', async (t) => {
  const bench = await openHttpBench(t)
  const { client } = open(bench)
  bench.service.request = async () => {
    throw new ForbiddenError('The voice is not yours.')
  }
  await assert.rejects(client.audio.speech.create(ASK), OpenAI.PermissionDeniedError)
})

for (const [failure, kind, status, param] of [
  [new InvalidVoiceError('no such voice'), OpenAI.BadRequestError, 400, 'voice'],
  [new UnspeakableTextError('nothing to say'), OpenAI.BadRequestError, 400, 'input'],
  [new SynthesisError('the engine broke'), OpenAI.InternalServerError, 500, null],
  [new EngineUnavailableError('nobody there'), OpenAI.InternalServerError, 503, null],
  [new NoGrantError('not granted'), OpenAI.PermissionDeniedError, 403, null],
] as const) {
  test(`a task that ends with ${failure.name} is ${status}`, async (t) => {
    const { client, worker } = open(await openHttpBench(t))
    const answer = client.audio.speech.create(ASK)
    const refused = assert.rejects(answer, (error) => {
      assert.ok(error instanceof kind, String(error))
      assert.deepEqual([error.status, error.param], [status, param])
      assert.match(error.message, new RegExp(failure.message))
      return true
    })
    await worker.fail(failure)
    await refused
  })
}

test('what was tried and failed is not to be sent again; what is away is', async (t) => {
  for (const [failure, again] of [
    [new SynthesisError('the engine broke'), 'false'],
    [new EngineUnavailableError('nobody there'), null],
  ] as const) {
    const { app, worker } = open(await openHttpBench(t))
    const answer = post(app, ASK)
    await worker.fail(failure)
    assert.equal((await answer).headers.get('x-should-retry'), again)
  }
})

test('a broker that is away is 503, and what nobody foresaw 500 with nothing told', async (t) => {
  const bench = await openHttpBench(t)
  const { client } = open(bench)
  for (const [failure, status, message] of [
    [new OperationalError('no broker'), 503, /away: the broker/],
    [new TypeError('secret of the house'), 500, /^500 Something failed/],
  ] as const) {
    bench.service.request = async () => {
      throw failure
    }
    await assert.rejects(client.audio.speech.create(ASK), (error) => {
      assert.ok(error instanceof OpenAI.InternalServerError)
      assert.deepEqual([error.status, error.type], [status, 'server_error'])
      assert.match(error.message, message)
      return true
    })
  }
})

test('SSML is taken for such where the client says so, and what is wrong in it is 400 of input', async (t) => {
  const { client, app, worker, asked } = open(await openHttpBench(t))
  const wrong = { ...ASK, input: '<speak><brake/></speak>', input_type: 'ssml' }
  await assert.rejects(client.audio.speech.create(wrong), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError)
    assert.equal(error.param, 'input')
    assert.match(error.message, /line 1, column 8: <brake> is not an element .* did you mean <break>/)
    return true
  })
  const answer = post(app, { ...wrong, input: '<speak>Hello.<break/></speak>' })
  assert.equal((await asked).inputType, 'ssml')
  await worker.succeed()
  const { status, body } = await answer
  assert.equal(status, 200)
  await body?.cancel()
})

test('who leaves before the first sound cancels', async (t) => {
  const { client, asked, service } = open(await openHttpBench(t))
  const gone = new AbortController()
  const answer = client.audio.speech.create(ASK, { signal: gone.signal })
  const refused = assert.rejects(answer, OpenAI.APIError)
  const { uuid } = await asked
  gone.abort()
  await refused
  const states: string[] = []
  for await (const { state } of service.watch(uuid, t.signal)) states.push(state)
  assert.equal(states.at(-1), 'REVOKED')
})

test('everything is answered in the form of its API', async (t) => {
  const { app } = open(await openHttpBench(t))
  for (const [path, init, status, code] of [
    ['/v1/audio/speech', { method: 'POST', body: '{"model":' }, 400, null],
    ['/v1/audio/speech', { method: 'POST', body: '[]' }, 400, 'invalid_type'],
    ['/v1/audio/speech', { method: 'POST', body: 'a', headers: {} }, 415, 'unsupported_content_type'],
    ['/v1/audio/speech', { method: 'POST', body: `"${'a'.repeat(20_000)}"` }, 413, 'body_too_large'],
    ['/v1/audio/speech', {}, 405, 'method_not_supported'],
    ['/v1/audio/music', {}, 404, null],
    ['/v1/models/a/b', {}, 404, null],
    ['/v1/audio/voices?model=gpt-9', {}, 404, 'model_not_found'],
    ['/v1/audio/voices?legacy=perhaps', {}, 400, null],
  ] as const) {
    const response = await app.request(path, { headers: JSON_TYPE, ...init })
    assert.equal(response.status, status, path)
    assert.equal(response.headers.get('content-type'), 'application/json')
    assert.match(String(response.headers.get('x-request-id')), /^[\da-f-]{36}$/)
    const { error } = (await response.json()) as { error: Record<string, unknown> }
    assert.deepEqual(Object.keys(error), ['message', 'type', 'param', 'code'])
    assert.deepEqual([error.type, error.code], ['invalid_request_error', code], path)
  }
  const other = await app.request('/v1/speech', { method: 'POST', body: '{', headers: JSON_TYPE })
  assert.equal(other.headers.get('content-type'), 'application/problem+json')
})

const JSON_TYPE = { 'Content-Type': 'application/json' }

async function post(app: Bench['app'], body: object): Promise<Response> {
  return app.request('/v1/audio/speech', { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) })
}
