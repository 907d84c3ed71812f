import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { SpeechGoneError, SpeechNotFoundError, SpeechNotReadyError } from '../src/exceptions.ts'
import type { SpeechStatus } from '../src/speech-service.ts'
import { collect } from './collect.ts'
import { EMAIL, KEY, openSpeechBench, REQUEST, UUID } from './speech-bench.ts'

const NEVER = new AbortController().signal

test('a request starts a task, the same uuid again does not', async (t) => {
  const { service, started, taskId } = await openSpeechBench(t)
  assert.deepEqual(await service.request(REQUEST), { uuid: UUID, taskId, created: true })
  assert.deepEqual(await service.request({ ...REQUEST, text: 'Else.' }), {
    uuid: UUID,
    taskId,
    created: false,
  })
  assert.deepEqual(started, [REQUEST])
})

test('requests with options, and of one person in the voice of another, arrive whole', async (t) => {
  const { service, started } = await openSpeechBench(t)
  const request = {
    ...REQUEST,
    requestFrom: 'jisu@example.com',
    requestTo: EMAIL,
    options: { rate: 1.5, language: 'en' },
  }
  await service.request(request)
  assert.deepEqual(started, [request])
})

test('a uuid nobody asked for is not found by any verb', async (t) => {
  const { service } = await openSpeechBench(t)
  await assert.rejects(service.status(UUID), SpeechNotFoundError)
  await assert.rejects(service.audio(UUID), SpeechNotFoundError)
  await assert.rejects(service.cancel(UUID), SpeechNotFoundError)
  await assert.rejects(service.watch(UUID, NEVER).next(), SpeechNotFoundError)
})

test('status follows the task from PENDING to SUCCESS', async (t) => {
  const { service, worker, taskId } = await openSpeechBench(t)
  await service.request(REQUEST)
  const base = { uuid: UUID, taskId }
  assert.deepEqual(await service.status(UUID), { ...base, state: 'PENDING' })
  await worker.start()
  assert.deepEqual(await service.status(UUID), { ...base, state: 'STARTED' })
  await worker.progress(1, 2)
  assert.deepEqual(await service.status(UUID), {
    ...base,
    state: 'PROGRESS',
    progress: { done: 1, total: 2 },
  })
  await worker.succeed(Buffer.from('RIFF'))
  assert.deepEqual(await service.status(UUID), { ...base, state: 'SUCCESS', key: KEY })
})

test('a failure has a title and a detail', async (t) => {
  const { service, worker } = await openSpeechBench(t)
  await service.request(REQUEST)
  await worker.fail(new RangeError('no voice for tlh'))
  const { state, error } = await service.status(UUID)
  assert.equal(state, 'FAILURE')
  assert.deepEqual(error, { title: 'RangeError', detail: 'no voice for tlh' })
})

test('watch gives what is true, then the changes, and ends with the task', async (t) => {
  const { service, worker } = await openSpeechBench(t)
  await service.request(REQUEST)
  const seen: SpeechStatus[] = []
  for await (const status of service.watch(UUID, NEVER)) {
    seen.push(status)
    if (seen.length === 1) await worker.progress(1, 2)
    if (seen.length === 2) await worker.succeed(Buffer.from('RIFF'))
  }
  assert.deepEqual(
    seen.map(({ state }) => state),
    ['PENDING', 'PROGRESS', 'SUCCESS'],
  )
})

test('watch of an ended request gives its end and nothing else', async (t) => {
  const { service, worker } = await openSpeechBench(t)
  await service.request(REQUEST)
  await worker.succeed(Buffer.from('RIFF'))
  const seen = await collect(service.watch(UUID, NEVER))
  assert.deepEqual(
    seen.map(({ state }) => state),
    ['SUCCESS'],
  )
})

test('watch ends without an error when its signal aborts', async (t) => {
  const { service } = await openSpeechBench(t)
  await service.request(REQUEST)
  const leaving = new AbortController()
  const seen: string[] = []
  for await (const { state } of service.watch(UUID, leaving.signal)) {
    seen.push(state)
    leaving.abort()
  }
  assert.deepEqual(seen, ['PENDING'])
})

test('audio is there when it is there, and never half', async (t) => {
  const { service, worker } = await openSpeechBench(t)
  await service.request(REQUEST)
  await assert.rejects(
    service.audio(UUID),
    (error) => error instanceof SpeechNotReadyError && /PENDING/.test(error.message),
  )
  await worker.succeed(Buffer.from('RIFF and so on'))
  const audio = await service.audio(UUID)
  assert.equal(audio.key, KEY)
  assert.equal(audio.size, 14)
  assert.equal(String(await buffer(await audio.read())), 'RIFF and so on')
  assert.equal(String(await buffer(await audio.read({ start: 5, end: 8 }))), 'and')
})

test('the audio of a failure, and audio that was deleted, will not come back', async (t) => {
  const { service, worker, storage } = await openSpeechBench(t)
  await service.request(REQUEST)
  await worker.succeed(Buffer.from('RIFF'))
  await storage.delete(KEY)
  await assert.rejects(
    service.audio(UUID),
    (error) => error instanceof SpeechGoneError && /was deleted/.test(error.message),
  )
})

test('cancel tells the workers, but not about what has ended', async (t) => {
  const { service } = await openSpeechBench(t)
  await service.request(REQUEST)
  assert.equal((await service.cancel(UUID)).state, 'PENDING')
  const { state, error } = await service.status(UUID)
  assert.equal(state, 'REVOKED')
  assert.equal(error?.detail, 'terminated')
  assert.equal((await service.cancel(UUID)).state, 'REVOKED')
  await assert.rejects(service.audio(UUID), SpeechGoneError)
})
