import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { type RawMessage, readJsonObject } from '../../../src/worker/consumer-step/json-body.ts'

const DOCUMENT = { type: 'ETL', text: '안녕하세요 🙂' }
const JSON_TEXT = JSON.stringify(DOCUMENT)
const ESCAPED = JSON_TEXT.replace(
  /[^\0-\x7f]/g,
  (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
)
const utf8 = (text: string) => Buffer.from(text, 'utf8')
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16()

const READ: readonly (readonly [sender: string, message: Partial<RawMessage>])[] = [
  ['pika, which says nothing', {}],
  ['Kombu', { contentType: 'application/json', contentEncoding: 'utf-8' }],
  [
    "Spring's Jackson2JsonMessageConverter",
    {
      contentType: 'application/json',
      contentEncoding: 'UTF-8',
      headers: { __TypeId__: 'com.example.InputMessage', __ContentTypeId__: 'java.lang.Object' },
    },
  ],
  ['a charset in the content type', { contentType: 'application/json;charset=UTF-8' }],
  ['a quoted charset after a blank', { contentType: 'Application/JSON; Charset="utf-8"' }],
  ['other parameters', { contentType: 'application/json; profile=x; charset=utf8' }],
  ['a +json type', { contentType: 'application/vnd.example.etl+json' }],
  ["Spring's SimpleMessageConverter", { contentType: 'text/plain', contentEncoding: 'UTF-8' }],
  ['bytes', { contentType: 'application/octet-stream' }],
  ["Kombu's raw bytes", { contentType: 'application/data', contentEncoding: 'binary' }],
  ["Python's spelling of an encoding", { contentEncoding: 'utf_8' }],
  ['an empty content type', { contentType: '', contentEncoding: '' }],
  [
    'a JSON string in a JSON string',
    { body: utf8(JSON.stringify(JSON_TEXT)), contentType: 'application/json' },
  ],
  ['ASCII with escapes', { body: utf8(ESCAPED), contentType: 'application/json; charset=us-ascii' }],
  ['a byte order mark', { body: utf8(`\uFEFF${JSON_TEXT}`) }],
  ['UTF-16 with a mark, big end first', { body: utf16be(`\uFEFF${JSON_TEXT}`), contentEncoding: 'utf-16' }],
  [
    'UTF-16 with a mark, little end first',
    { body: Buffer.from(`\uFEFF${JSON_TEXT}`, 'utf16le'), contentEncoding: 'utf-16' },
  ],
  ['UTF-16BE without a mark', { body: utf16be(JSON_TEXT), contentType: 'text/plain; charset=utf-16be' }],
  ['UTF-16LE that does not say so', { body: Buffer.from(JSON_TEXT, 'utf16le') }],
  [
    'a body that Kombu compressed',
    {
      body: deflateSync(JSON_TEXT),
      headers: { compression: 'application/x-gzip' },
      contentType: 'application/json',
    },
  ],
  ['blanks around it', { body: utf8(`\r\n ${JSON_TEXT}\n`) }],
]
for (const [sender, message] of READ) {
  test(`${sender} is read`, () => {
    const raw = {
      body: utf8(JSON_TEXT),
      contentType: undefined,
      contentEncoding: undefined,
      headers: {},
      ...message,
    }
    assert.deepEqual(readJsonObject(raw, 10_000), DOCUMENT)
  })
}

test('EUC-KR is read when it says so', () => {
  const hello = Buffer.concat([utf8('{"text":"'), Buffer.from([0xbe, 0xc8, 0xb3, 0xe7]), utf8('"}')])
  const raw = {
    body: hello,
    contentType: 'text/plain; charset=euc-kr',
    contentEncoding: undefined,
    headers: {},
  }
  assert.deepEqual(readJsonObject(raw, 10_000), { text: '안녕' })
})

test('a field called __proto__ is only a field', () => {
  const body = utf8('{"__proto__":{"type":"ETL"}}')
  const document = readJsonObject(
    { body, contentType: undefined, contentEncoding: undefined, headers: {} },
    10_000,
  )
  assert.equal(document.type, undefined)
})
