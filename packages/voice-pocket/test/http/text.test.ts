import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, MINHO, MINJI, openClosedBench } from './closed-bench.ts'
import { openHttpBench } from './http-bench.ts'

const JSON_HEADERS = { 'Content-Type': 'application/json' }

function send(method: string, body?: unknown, headers: Record<string, string> = {}) {
  return {
    method,
    headers: { ...JSON_HEADERS, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }
}

interface Segment {
  readonly text: string
  readonly spoken: string
  readonly words: readonly object[]
}

test('POST /v1/text shows sentences, words and places, and speaks nothing', async (t) => {
  const { app, started } = await openHttpBench(t)
  const response = await app.request('/v1/text', send('POST', { text: '안녕. 사과 3개!' }))
  assert.equal(response.status, 200)
  const { segments } = (await response.json()) as { segments: Segment[] }
  assert.deepEqual(segments[1], {
    text: '사과 3개!',
    text_start: 4,
    text_end: 10,
    language: 'ko',
    spoken: '사과 세 개!',
    pause: 'sentence',
    words: [
      { text: '사과', text_start: 4, text_end: 6 },
      { text: '세', text_start: 7, text_end: 9 },
      { text: '개!', text_start: 7, text_end: 10 },
    ],
  })
  assert.equal(started.length, 0)
})

test('POST /v1/text reads as it is told', async (t) => {
  const { app } = await openHttpBench(t)
  const spoken = async (body: object) => {
    const response = await app.request('/v1/text', send('POST', { text: '3 + 4', ...body }))
    return ((await response.json()) as { segments: Segment[] }).segments[0]?.spoken
  }
  assert.equal(await spoken({ language: 'ko' }), '삼 더하기 사')
  assert.equal(await spoken({ language: 'en-us' }), 'three plus four')
  assert.equal(await spoken({ language: 'ko', normalize: false }), '3 + 4')
})

test('POST /v1/text refuses what is no text, and too much of it', async (t) => {
  const { app } = await openHttpBench(t)
  for (const body of [
    {},
    { text: '' },
    { text: 'a', normalize: 'no' },
    { text: 'a', more: 1 },
    { text: 'a'.repeat(1_001) },
  ])
    assert.equal((await app.request('/v1/text', send('POST', body))).status, 422)
})

test('a lexicon is put, read, used and deleted', async (t) => {
  const { app } = await openHttpBench(t)
  const path = `/v1/lexicon?email=${MINJI}`
  const lexicon = { entries: [{ word: 'LGTM', say: '좋아 보여요' }] }
  assert.deepEqual(await (await app.request(path)).json(), { entries: [] })
  assert.equal((await app.request(path, send('PUT', lexicon))).status, 200)
  assert.deepEqual(await (await app.request(path)).json(), lexicon)
  const spoken = async (email?: string) => {
    const response = await app.request('/v1/text', send('POST', { text: 'LGTM는', language: 'ko', email }))
    return ((await response.json()) as { segments: Segment[] }).segments[0]?.spoken
  }
  assert.equal(await spoken(MINJI), '좋아 보여요는')
  assert.equal(await spoken(MINHO), '엘지티엠은')
  assert.equal((await app.request(path, send('DELETE'))).status, 204)
  assert.equal(await spoken(MINJI), '엘지티엠은')
})

test('a lexicon that is none is refused, and the one before stays', async (t) => {
  const { app } = await openHttpBench(t)
  const path = `/v1/lexicon?email=${MINJI}`
  const entry = { word: 'a', say: 'b' }
  await app.request(path, send('PUT', { entries: [entry] }))
  for (const body of [
    {},
    { entries: [{ word: 'a' }] },
    { entries: [entry, entry] },
    { entries: [{ ...entry, language: 'Korean' }] },
  ])
    assert.equal((await app.request(path, send('PUT', body))).status, 422, JSON.stringify(body))
  assert.deepEqual(await (await app.request(path)).json(), { entries: [entry] })
  assert.equal((await app.request('/v1/lexicon')).status, 422)
})

test('who may not act for an owner reads, changes and uses none of their words', async (t) => {
  const { app, keyOf } = await openClosedBench(t)
  const key = await keyOf(MINHO)
  const path = `/v1/lexicon?email=${MINJI}`
  for (const request of [
    send('GET', undefined, key),
    send('PUT', { entries: [] }, key),
    send('DELETE', undefined, key),
  ])
    assert.deepEqual(await codeOf(await app.request(path, request)), [403, 'forbidden'])
  assert.equal((await app.request('/v1/text', send('POST', { text: 'a', email: MINJI }, key))).status, 403)
  assert.equal((await app.request('/v1/text', send('POST', { text: 'a' }, key))).status, 200)
})

test('POST /v1/text shows what will be said of SSML, by where it stands in the markup', async (t) => {
  const { app } = await openHttpBench(t)
  const text = '<speak>Fish &amp; <sub alias="crisps">chips</sub>.<break time="1.5s"/>Bye</speak>'
  const response = await app.request('/v1/text', send('POST', { text, input_type: 'ssml' }))
  const { segments } = (await response.json()) as { segments: (Segment & { break?: number })[] }
  assert.deepEqual(
    segments.map((segment) => [segment.text, segment.spoken, segment.break]),
    [
      ['Fish & chips.', 'Fish and crisps.', 1.5],
      ['Bye', 'Bye', undefined],
    ],
  )
  const words = segments[0]?.words as { text: string; text_start: number; text_end: number }[]
  const crisps = words.at(-1)
  assert.equal(crisps?.text, 'crisps.')
  assert.equal(text.slice(crisps?.text_start, crisps?.text_end), 'chips</sub>.')
})

test('POST /v1/text takes markup for text unless it is told', async (t) => {
  const { app } = await openHttpBench(t)
  for (const more of [{}, { input_type: 'text' }]) {
    const response = await app.request('/v1/text', send('POST', { text: 'a <b>c</b>', ...more }))
    const { segments } = (await response.json()) as { segments: Segment[] }
    assert.equal(segments[0]?.text, 'a <b>c</b>')
  }
})
