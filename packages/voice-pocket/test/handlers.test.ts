import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { MalformedMessageError as MalformedMessage, readJsonObject } from '@voice-pocket/celery'
import { z } from 'zod'
import { MalformedMessageError, NoGrantError } from '../src/exceptions.ts'
import { type Accepted, HandlerRegistry, speechHandler } from '../src/handlers.ts'
import type { SpeechRequest } from '../src/messages.ts'
import { SqliteIndexStore } from '../src/speech-index/sqlite.ts'
import { SpeechIndex } from '../src/speech-index.ts'
import { taskIdFor } from '../src/uuid.ts'
import { EMAIL, goodMessage, MALFORMED, MAX_BODY_BYTES, MAX_TEXT_LENGTH, UUID } from './malformed-messages.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function setUp(t: TestContext) {
  const folder = await temporaryFolder(t)
  const index = new SpeechIndex(new SqliteIndexStore(`sqlite:///${folder}/index.sqlite`, { expires: 0 }))
  t.after(() => index.close())
  const started: { taskId: string; request: SpeechRequest }[] = []
  const startTask = async (taskId: string, request: SpeechRequest) => void started.push({ taskId, request })
  const registry = new HandlerRegistry()
  registry.register('ETL', speechHandler({ index, maxTextLength: MAX_TEXT_LENGTH, startTask }))
  const dispatch = (
    body: Buffer,
    labels: { contentType?: string; contentEncoding?: string; headers?: object } = {},
  ) => {
    const raw = { contentType: undefined, contentEncoding: undefined, headers: {}, ...labels, body }
    return registry.dispatch(readJsonObject(raw as Parameters<typeof readJsonObject>[0], MAX_BODY_BYTES))
  }
  return { registry, index, started, dispatch }
}

test('ETL starts one task with the id that follows from the uuid, and the index knows it', async (t) => {
  const { dispatch, index, started } = await setUp(t)
  const accepted = await dispatch(goodMessage())
  assert.deepEqual(accepted, { uuid: UUID, taskId: taskIdFor(UUID), created: true })
  assert.deepEqual(await index.get(UUID), { task_id: accepted.taskId })
  const request = {
    type: 'ETL',
    uuid: UUID,
    requestFrom: EMAIL,
    requestTo: EMAIL,
    text: 'Hello.',
    options: {},
  }
  assert.deepEqual(started, [{ taskId: accepted.taskId, request }])
})

test('requestFrom and requestTo stand in the place of email', async (t) => {
  const { dispatch, started } = await setUp(t)
  await dispatch(goodMessage({ email: null, requestFrom: 'jisu@example.com', requestTo: EMAIL }))
  assert.equal(started[0]?.request.requestFrom, 'jisu@example.com')
  assert.equal(started[0]?.request.requestTo, EMAIL)
})

test('options go with the request, and fields of somebody else are ignored', async (t) => {
  const { dispatch, started } = await setUp(t)
  await dispatch(
    goodMessage({
      language: 'en-US',
      rate: 1.5,
      voice: 'f2',
      volume: null,
      sentAt: '2026-01-01',
      '@class': 'X',
    }),
  )
  assert.deepEqual(started[0]?.request.options, { language: 'en-us', rate: 1.5, voice: 'f2' })
})

test('how urgent it is goes with the request, where it is said', async (t) => {
  const { dispatch, started } = await setUp(t)
  for (const [place, priority] of [0, 9, null].entries()) {
    await dispatch(goodMessage({ uuid: UUID.replace(/.$/, String(place)), priority }))
  }
  const urgencies = started.map(({ request }) => ('priority' in request ? request.priority : 'unsaid'))
  assert.deepEqual(urgencies, [0, 9, 'unsaid'])
  assert.ok(started.every(({ request }) => !('priority' in request.options)))
})

test('a uuid in upper case, or as Kombu writes a Python UUID, is the same uuid', async (t) => {
  const { dispatch, started } = await setUp(t)
  await dispatch(goodMessage())
  await dispatch(goodMessage({ uuid: UUID.toUpperCase() }))
  const { created } = await dispatch(
    goodMessage({ uuid: { __type__: 'uuid', __value__: { hex: UUID.replaceAll('-', '') } } }),
  )
  assert.equal(created, false)
  assert.equal(started.length, 1)
})

for (const email of [
  'a@b.co',
  'first.last+tag@sub.example.com',
  "o'neil/x@example.com",
  '김민지@예시.한국',
]) {
  test(`${email} is an address`, async (t) => {
    const { dispatch, started } = await setUp(t)
    await dispatch(goodMessage({ email }))
    assert.equal(started[0]?.request.requestTo, email)
  })
}

test('as many characters as allowed are allowed, and an emoji is one', async (t) => {
  const { dispatch, started } = await setUp(t)
  await dispatch(goodMessage({ text: '🙂'.repeat(MAX_TEXT_LENGTH) }))
  assert.equal(started.length, 1)
})

test('a start that fails is told to the caller, and the next message starts it', async (t) => {
  const { index } = await setUp(t)
  const attempts: string[] = []
  const startTask = async (taskId: string) => {
    attempts.push(taskId)
    if (attempts.length === 1) throw new Error('the broker is away')
  }
  const { schema, handle } = speechHandler({ index, maxTextLength: MAX_TEXT_LENGTH, startTask })
  const request = schema.parse(JSON.parse(goodMessage().toString()))
  await assert.rejects(handle(request), /the broker is away/)
  assert.equal(await index.get(UUID), undefined)
  assert.equal((await handle(request)).created, true)
})

test('a handler of another type gets what its own schema gives', async () => {
  const seen: number[] = []
  const handle = async ({ uuid, count }: { uuid: string; count: number }): Promise<Accepted> => {
    seen.push(count)
    return { uuid, taskId: 't', created: true }
  }
  const schema = z.object({ uuid: z.string(), count: z.number() })
  const registry = new HandlerRegistry().register('COUNT', { schema, handle })
  await registry.dispatch({ type: 'COUNT', uuid: UUID, count: 3 })
  assert.deepEqual(seen, [3])
  await assert.rejects(registry.dispatch({ type: 'COUNTS', uuid: UUID }), /did you mean COUNT\?/)
  assert.throws(() => registry.register('COUNT', { schema, handle }), /has a handler already/)
})

for (const { name, reason, notice, body, ...labels } of MALFORMED) {
  test(`${name}: ${reason}`, async (t) => {
    const { dispatch, started } = await setUp(t)
    // A thunk, for readJsonObject throws at once.
    await assert.rejects(
      async () => dispatch(body, labels),
      (error) => {
        assert.ok(error instanceof MalformedMessage, String(error))
        assert.equal(error.reason, reason, error.message)
        const sender = error instanceof MalformedMessageError ? error.sender : {}
        assert.equal(sender.uuid, notice ? UUID : undefined)
        return true
      },
    )
    assert.equal(started.length, 0)
  })
}

test('an asker without a grant is refused before anything is queued, and may ask again with one', async (t) => {
  const { index } = await setUp(t)
  const started: string[] = []
  let isGranted = false
  const permit = async () => {
    if (!isGranted) throw new NoGrantError('ask them for it')
  }
  const startTask = async (taskId: string) => void started.push(taskId)
  const { schema, handle } = speechHandler({ index, maxTextLength: MAX_TEXT_LENGTH, permit, startTask })
  const fields = { email: undefined, requestFrom: 'jisu@example.com', requestTo: EMAIL }
  const request = schema.parse(JSON.parse(goodMessage(fields).toString()))
  await assert.rejects(handle(request), (error) => {
    assert.ok(error instanceof MalformedMessageError)
    assert.equal(error.reason, 'no_grant')
    assert.deepEqual(error.sender, {
      type: 'ETL',
      uuid: UUID,
      requestFrom: 'jisu@example.com',
      requestTo: EMAIL,
    })
    return true
  })
  assert.deepEqual(started, [])
  assert.equal(await index.get(UUID), undefined)
  isGranted = true
  assert.equal((await handle(request)).created, true)
})
