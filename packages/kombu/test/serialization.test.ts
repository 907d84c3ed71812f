import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { compress, decompress } from '../src/compression.ts'
import { ContentDisallowed, DecodeError, EncodeError, InvalidValueError } from '../src/exceptions.ts'
import { readPayload } from '../src/payload.ts'
import { registry, SerializerRegistry } from '../src/serialization.ts'

const utf8 = (text: string) => Buffer.from(text, 'utf8')
const utf16be = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()

/** What Kombu, Spring, pika and HTTP clients say about the same JSON. */
const LABELS: readonly (readonly [
  contentType: string | undefined,
  encoding: string | undefined,
  body: Buffer,
])[] = [
  ['application/json', 'utf-8', utf8('{"t":"안녕"}')],
  ['application/json', 'UTF-8', utf8('{"t":"안녕"}')],
  ['application/json', 'utf_8', utf8('{"t":"안녕"}')],
  ['application/json', undefined, utf8('{"t":"안녕"}')],
  ['application/json; charset=utf-8', undefined, utf8('{"t":"안녕"}')],
  ['Application/JSON;Charset="UTF-8"', undefined, utf8('{"t":"안녕"}')],
  ['application/json', 'binary', utf8('{"t":"안녕"}')],
  ['application/json', 'utf-16', Buffer.from('\ufeff{"t":"안녕"}', 'utf16le')],
  ['application/json', 'utf-16', utf16be('{"t":"안녕"}')],
  ['application/json; charset=utf-16le', undefined, Buffer.from('{"t":"안녕"}', 'utf16le')],
  ['application/json', 'euc-kr', Buffer.from('7b2274223a22bec8b3e7227d', 'hex')],
  ['application/json', 'utf-8', utf8('\ufeff{"t":"안녕"}')],
]

for (const [contentType, encoding, body] of LABELS) {
  test(`JSON labelled ${contentType} in ${encoding} (${body.length} bytes) is read`, () => {
    assert.deepEqual(registry.loads(body, contentType, encoding, ['json']), { t: '안녕' })
  })
}

test('a body without a content type is text, as Kombu reads it, and bytes if its encoding says so', () => {
  assert.equal(registry.loads(utf8('{"a":1}'), undefined, undefined, ['json']), '{"a":1}')
  assert.equal(registry.loads(utf8('hello'), 'text/plain', 'utf-8', []), 'hello')
  assert.deepEqual(registry.loads(utf8('hello'), undefined, 'binary', []), utf8('hello'))
})

test('bytes that are not text in their charset are a DecodeError, not question marks', () => {
  const loads = (encoding: string) => () =>
    registry.loads(Buffer.from([0x22, 0xff, 0x22]), 'application/json', encoding, ['json'])
  assert.throws(loads('utf-8'), DecodeError)
  assert.throws(loads('utf-8'), /not valid utf-8 text/)
  assert.throws(loads('martian'), /unknown content encoding "martian"/)
})

test('accept lists serializers by name or by content type', () => {
  assert.equal(registry.loads(utf8('1'), 'application/json', 'utf-8', ['application/json']), 1)
  assert.throws(() => registry.loads(utf8('1'), 'application/json', 'utf-8', ['msgpack']), ContentDisallowed)
  assert.throws(() => registry.loads(utf8('1'), 'application/json', 'utf-8', []), /add "json" to accept/)
})

test('what is refused is refused by name, with what to do', () => {
  const loads = (contentType: string) => () => registry.loads(utf8('x'), contentType, 'binary', ['json'])
  assert.throws(
    loads('application/x-python-serialize'),
    /pickle \(application\/x-python-serialize\): accept is \[json\]/,
  )
  assert.throws(loads('application/x-yaml'), /yaml is never decoded here; have the sender use json/)
  assert.throws(loads('image/png'), /content of type image\/png.*add "image\/png" to accept/)
})

test('accepting a content type that nobody can decode is a DecodeError', () => {
  const loads = () => registry.loads(utf8('x'), 'image/png', 'binary', ['image/png'])
  assert.throws(loads, /no serializer for content type image\/png/)
})

test('an unknown or unsupported serializer sends nothing', () => {
  assert.throws(
    () => registry.dumps(1, 'pickle'),
    /serializer pickle is not supported; there are json, msgpack, raw/,
  )
  assert.throws(() => registry.dumps(1, 'jsno'), InvalidValueError)
  assert.throws(() => registry.dumps('text', 'raw'), EncodeError)
  assert.throws(() => registry.dumps(1n, 'msgpack'), EncodeError)
})

test('msgpack that is cut off is a DecodeError', () => {
  const { body, contentType, contentEncoding } = registry.dumps({ a: [1, 2, 3] }, 'msgpack')
  assert.deepEqual(registry.loads(body, contentType, contentEncoding, ['msgpack']), { a: [1, 2, 3] })
  assert.throws(
    () => registry.loads(body.subarray(0, 3), contentType, contentEncoding, ['msgpack']),
    DecodeError,
  )
})

test('a serializer of one’s own is used by name and by content type', () => {
  const own = new SerializerRegistry()
  own.register('upper', {
    contentType: 'text/x-upper',
    contentEncoding: 'utf-8',
    encode: (value) => String(value).toUpperCase(),
    decode: (_body, text) => text().toLowerCase(),
  })
  const { body, contentType, contentEncoding } = own.dumps('hello', 'upper')
  assert.equal(String(body), 'HELLO')
  assert.equal(own.loads(body, contentType, contentEncoding, ['upper']), 'hello')
})

test('what Kombu calls gzip is a zlib stream, and real gzip is read as well', () => {
  const body = utf8('{"a": 1}')
  const { body: compressed, contentType } = compress(body, 'gzip')
  assert.equal(contentType, 'application/x-gzip')
  assert.equal(compressed[0], 0x78)
  for (const bytes of [compressed, gzipSync(body)])
    assert.deepEqual(decompress(bytes, 'application/x-gzip', 100), body)
})

test('a small body cannot become a huge one', () => {
  for (const compression of ['gzip', 'brotli', 'zstd']) {
    const bomb = compress(Buffer.alloc(1_000_000), compression)
    assert.throws(
      () => decompress(bomb.body, bomb.contentType, 1_000),
      /larger than 1000 bytes \(maxDecompressedBytes\)/,
    )
  }
})

test('compression that is not available is refused by name', () => {
  assert.throws(
    () => compress(utf8('x'), 'bzip2'),
    /bzip2 compression is not available here; use gzip, brotli or zstd/,
  )
  const payload = { body: utf8('x'), contentType: 'application/json', contentEncoding: 'utf-8' }
  const read = (compression: string) => () =>
    readPayload({ ...payload, headers: { compression } }, { accept: ['json'] })
  assert.throws(read('application/x-lzma'), /lzma compression is not available/)
  assert.throws(read('application/x-gzip'), DecodeError)
  assert.throws(read('snappy'), /unknown compression "snappy"/)
})
