import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { wavHeader } from '../../src/audio/wav.ts'
import { readUuid } from '../../src/uuid.ts'
import { collect } from '../collect.ts'
import { EMAIL, KEY, REQUEST, UUID } from '../speech-bench.ts'
import { BODY, openHttpBench, PATH, readEvents } from './http-bench.ts'

const LINKS = { self: PATH, events: `${PATH}/events`, audio: `${PATH}/audio`, captions: `${PATH}/captions` }
const AUDIO = Buffer.from('RIFF0123456789')

test('POST is accepted with 202, the place to look, and the links', async (t) => {
  const { post, started, taskId } = await openHttpBench(t)
  const response = await post(BODY)
  assert.equal(response.status, 202)
  assert.equal(response.headers.get('location'), PATH)
  assert.deepEqual(await response.json(), { uuid: UUID, task_id: taskId, links: LINKS })
  assert.deepEqual(started, [REQUEST])
})

test('the same uuid again is 200 with the same task, whatever the text', async (t) => {
  const { post, started, taskId } = await openHttpBench(t)
  await post(BODY)
  const response = await post({ ...BODY, uuid: UUID.toUpperCase(), text: 'Something else.' })
  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), { uuid: UUID, task_id: taskId, links: LINKS })
  assert.equal(started.length, 1)
})

test('without a uuid one is made', async (t) => {
  const { post } = await openHttpBench(t)
  const { uuid: _, ...body } = BODY
  const response = await post(body, { 'Content-Type': 'application/json; charset=UTF-8' })
  const { uuid } = (await response.json()) as { uuid: string }
  assert.equal(response.status, 202)
  assert.equal(readUuid(uuid), uuid)
})

test('the JSON of the queue may be posted as it is', async (t) => {
  const { post, started } = await openHttpBench(t)
  const { email: _, ...body } = BODY
  const message = { type: 'ETL', ...body, requestFrom: 'jisu@example.com', requestTo: EMAIL, rate: 1.5 }
  assert.equal((await post(message)).status, 202)
  assert.deepEqual(started, [{ ...REQUEST, requestFrom: 'jisu@example.com', options: { rate: 1.5 } }])
})

test('SSML goes on as such, and what is wrong in it is 422 with the place and the remedy', async (t) => {
  const { post, started } = await openHttpBench(t)
  const ssml = { ...BODY, text: '<speak>Hello.</speak>', input_type: 'ssml' }
  const wrong = await post({ ...ssml, text: '<speak>Hello\n<break time="11s"/></speak>' })
  assert.equal(wrong.status, 422)
  const { errors } = (await wrong.json()) as { errors: { pointer: string; detail: string }[] }
  assert.equal(errors[0]?.pointer, '/text')
  assert.match(String(errors[0]?.detail), /line 2, column 1: <break> time must be at most 10s/)
  assert.equal((await post({ ...BODY, input_type: 'markdown' })).status, 422)
  assert.equal((await post(ssml)).status, 202)
  assert.deepEqual(started, [{ ...REQUEST, text: ssml.text, inputType: 'ssml' }])
})

test('links are whole where the public address is known', async (t) => {
  const { post } = await openHttpBench(t, { publicUrl: 'https://speech.example/v' })
  const { links } = (await (await post(BODY)).json()) as { links: typeof LINKS }
  assert.equal(links.audio, `https://speech.example/v${PATH}/audio`)
})

test('GET tells state, progress, result and error, each null while there is none', async (t) => {
  const { app, post, worker, taskId } = await openHttpBench(t)
  await post(BODY)
  const get = async () => (await app.request(PATH)).json()
  const base = { uuid: UUID, task_id: taskId, progress: null, result: null, error: null, links: LINKS }
  assert.deepEqual(await get(), { ...base, state: 'PENDING' })
  await worker.progress(1, 2)
  assert.deepEqual(await get(), { ...base, state: 'PROGRESS', progress: { done: 1, total: 2 } })
  await worker.succeed(AUDIO)
  assert.deepEqual(await get(), { ...base, state: 'SUCCESS', result: KEY })
})

test('GET of a failure says why', async (t) => {
  const { app, post, worker } = await openHttpBench(t)
  await post(BODY)
  await worker.fail(new RangeError('no voice for tlh at http://10.0.0.7:8000/v1'))
  const { state, error } = (await (
    await app.request(PATH.toUpperCase().replace('/V1/SPEECH', '/v1/speech'))
  ).json()) as never
  assert.equal(state, 'FAILURE')
  assert.deepEqual(error, { title: 'RangeError', detail: 'no voice for tlh at (address)' })
})

test('events tell every change and end with done', async (t) => {
  const { app, post, worker } = await openHttpBench(t)
  await post(BODY)
  const response = await app.request(`${PATH}/events`)
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  const seen: string[] = []
  for await (const { event, data } of readEvents(response)) {
    const { state } = JSON.parse(String(data))
    seen.push(`${event} ${state}`)
    if (state === 'PENDING') await worker.progress(1, 2)
    if (state === 'PROGRESS') await worker.succeed(AUDIO)
  }
  assert.deepEqual(seen, ['status PENDING', 'status PROGRESS', 'done SUCCESS'])
})

test('an EventSource that comes back after done is told to stay away', async (t) => {
  const { app, post, worker } = await openHttpBench(t)
  await post(BODY)
  await worker.succeed(AUDIO)
  const [last] = await collect(readEvents(await app.request(`${PATH}/events`)))
  const again = await app.request(`${PATH}/events`, { headers: { 'Last-Event-ID': String(last?.id) } })
  assert.equal(again.status, 204)
})

test('events end when the server stops', async (t) => {
  const { app, post, stopping } = await openHttpBench(t)
  await post(BODY)
  const seen: string[] = []
  for await (const { event } of readEvents(await app.request(`${PATH}/events`))) {
    seen.push(String(event))
    stopping.abort()
  }
  assert.deepEqual(seen, ['status'])
})

test('a client that leaves the events ends the watch behind them', async (t) => {
  const left = Promise.withResolvers<void>()
  const bench = await openHttpBench(t)
  const watch = bench.results.watch.bind(bench.results)
  bench.results.watch = (taskId, signal) => {
    signal?.addEventListener('abort', () => left.resolve())
    return watch(taskId, signal)
  }
  await bench.post(BODY)
  const reader = (await bench.app.request(`${PATH}/events`)).body?.getReader()
  await reader?.read()
  await reader?.cancel()
  await left.promise
})

test('audio is served whole, with what a player needs to know', async (t) => {
  const { app, post, worker } = await openHttpBench(t)
  await post(BODY)
  await worker.succeed(AUDIO)
  const response = await app.request(`${PATH}/audio`)
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'audio/wav')
  assert.equal(response.headers.get('content-length'), '14')
  assert.equal(response.headers.get('accept-ranges'), 'bytes')
  assert.equal(response.headers.get('content-disposition'), `inline; filename="${UUID}.wav"`)
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), AUDIO)
})

const RANGES: readonly (readonly [
  range: string,
  status: number,
  body: string,
  contentRange: string | null,
])[] = [
  ['bytes=0-3', 206, 'RIFF', 'bytes 0-3/14'],
  ['bytes=4-', 206, '0123456789', 'bytes 4-13/14'],
  ['bytes=-4', 206, '6789', 'bytes 10-13/14'],
  ['bytes=-100', 206, 'RIFF0123456789', 'bytes 0-13/14'],
  ['bytes=12-99', 206, '89', 'bytes 12-13/14'],
  ['bytes=0-1,4-5', 200, 'RIFF0123456789', null],
  ['bytes=5-2', 200, 'RIFF0123456789', null],
  ['bytes=-', 200, 'RIFF0123456789', null],
  ['lines=1-2', 200, 'RIFF0123456789', null],
]
for (const [range, status, body, contentRange] of RANGES) {
  test(`Range: ${range} is ${status}`, async (t) => {
    const { app, post, worker } = await openHttpBench(t)
    await post(BODY)
    await worker.succeed(AUDIO)
    const response = await app.request(`${PATH}/audio`, { headers: { Range: range } })
    assert.equal(response.status, status)
    assert.equal(response.headers.get('content-range'), contentRange)
    assert.equal(response.headers.get('content-length'), String(body.length))
    assert.equal(await response.text(), body)
  })
}

for (const range of ['bytes=14-', 'bytes=99-100', 'bytes=-0']) {
  test(`Range: ${range} is 416 with the size`, async (t) => {
    const { app, post, worker } = await openHttpBench(t)
    await post(BODY)
    await worker.succeed(AUDIO)
    const response = await app.request(`${PATH}/audio`, { headers: { Range: range } })
    assert.equal(response.status, 416)
    assert.equal(response.headers.get('content-range'), 'bytes */14')
    assert.equal(response.headers.get('content-type'), 'application/problem+json')
  })
}

test('HEAD tells about the audio without sending it', async (t) => {
  const { app, post, worker } = await openHttpBench(t)
  await post(BODY)
  await worker.succeed(AUDIO)
  const response = await app.request(`${PATH}/audio`, { method: 'HEAD' })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-length'), '14')
  assert.equal(await response.text(), '')
})

test('HEAD of the events leaves no watch behind', async (t) => {
  const { app, post, results } = await openHttpBench(t)
  await post(BODY)
  const ends: Promise<unknown>[] = []
  const watch = results.watch.bind(results)
  results.watch = (id, signal) => {
    if (signal) ends.push(once(signal, 'abort'))
    return watch(id, signal)
  }
  assert.equal((await app.request(`${PATH}/events`, { method: 'HEAD' })).status, 200)
  assert.ok(ends.length > 0)
  await Promise.all(ends)
})

test('HEAD of a sound that is followed leaves no file open', async (t) => {
  const { app, post, worker, results, storage } = await openHttpBench(t)
  await post(BODY)
  const seconds = 20 // more than is read ahead
  const silence = Buffer.alloc(seconds * 2 * 22_050)
  await worker.succeed(Buffer.concat([wavHeader(22_050, silence.length), silence]))
  const ends: Promise<unknown>[] = []
  const read = storage.read.bind(storage)
  storage.read = async (key, range) => {
    const stream = await read(key, range)
    ends.push(new Promise((resolve) => stream.once('close', resolve)))
    return stream
  }
  // As if it were still being spoken.
  const getTaskMeta = results.getTaskMeta.bind(results)
  results.getTaskMeta = async (id) => ({ ...(await getTaskMeta(id)), status: 'STARTED' })
  assert.equal((await app.request(`${PATH}/audio?follow=1`, { method: 'HEAD' })).status, 200)
  assert.ok(ends.length > 0)
  await Promise.all(ends)
})

test('a caller that has the audio already gets 304, and a range only of the same file', async (t) => {
  const { app, post, worker } = await openHttpBench(t)
  await post(BODY)
  await worker.succeed(AUDIO)
  const get = (headers: Record<string, string>) => app.request(`${PATH}/audio`, { headers })
  const etag = String((await get({})).headers.get('etag'))
  assert.equal((await get({ 'If-None-Match': `"other", ${etag}` })).status, 304)
  assert.equal((await get({ 'If-None-Match': '"other"' })).status, 200)
  assert.equal((await get({ Range: 'bytes=0-3', 'If-Range': etag })).status, 206)
  assert.equal((await get({ Range: 'bytes=0-3', 'If-Range': '"other"' })).status, 200)
})

test('audio that is not there yet is 409, and says when to ask again', async (t) => {
  const { app, post } = await openHttpBench(t)
  await post(BODY)
  const response = await app.request(`${PATH}/audio`)
  assert.equal(response.status, 409)
  assert.equal(response.headers.get('retry-after'), '1')
  assert.equal(((await response.json()) as { code: string }).code, 'not_ready')
})

test('the audio of a failed and of a cancelled request is 410', async (t) => {
  const { app, post, worker } = await openHttpBench(t)
  await post(BODY)
  await worker.fail(new Error('no sound'))
  const response = await app.request(`${PATH}/audio`)
  assert.equal(response.status, 410)
  assert.match(((await response.json()) as { detail: string }).detail, /FAILURE \(Error: no sound\)/)
})

test('DELETE cancels with 202, and with 200 leaves alone what has ended', async (t) => {
  const { app, post } = await openHttpBench(t)
  await post(BODY)
  const first = await app.request(PATH, { method: 'DELETE' })
  assert.equal(first.status, 202)
  assert.equal(((await first.json()) as { state: string }).state, 'REVOKED')
  const second = await app.request(PATH, { method: 'DELETE' })
  assert.equal(second.status, 200)
})
