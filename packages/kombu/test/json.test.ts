import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodeError, EncodeError } from '../src/exceptions.ts'
import { decodeJson, encodeJson } from '../src/json.ts'
import { Decimal, PlainDate, PlainTime } from '../src/python-values.ts'

/** As Python's Kombu writes them. */
const WIRE: readonly (readonly [text: string, value: unknown])[] = [
  [
    '{"__type__": "datetime", "__value__": "2026-08-01T09:30:00.123456+09:00"}',
    new Date('2026-08-01T00:30:00.123Z'),
  ],
  ['{"__type__": "datetime", "__value__": "2026-08-01T09:30:00"}', new Date('2026-08-01T09:30:00Z')],
  ['{"__type__": "date", "__value__": "2026-08-01"}', new PlainDate('2026-08-01')],
  ['{"__type__": "time", "__value__": "09:30:00"}', new PlainTime('09:30:00')],
  ['{"__type__": "decimal", "__value__": "12.50"}', new Decimal('12.50')],
  [
    '{"__type__": "uuid", "__value__": {"hex": "b39cd7e0a0a94b9f8bb1a31ce1bcd0b1"}}',
    'b39cd7e0-a0a9-4b9f-8bb1-a31ce1bcd0b1',
  ],
  ['{"__type__": "bytes", "__value__": "한글"}', new TextEncoder().encode('한글')],
  ['{"__type__": "base64", "__value__": "/wB7"}', Uint8Array.of(0xff, 0x00, 0x7b)],
  ['[9007199254740993, -9007199254740993]', [9007199254740993n, -9007199254740993n]],
  ['[1.2345678901234567, 9007199254740991]', [1.2345678901234567, 9007199254740991]],
  [
    '{"__type__": "datetime", "__value__": "x", "more": 1}',
    { __type__: 'datetime', __value__: 'x', more: 1 },
  ],
]

for (const [text, value] of WIRE) {
  test(`${text} is read as Kombu means it`, () => {
    assert.deepEqual(decodeJson(text), value)
    assert.deepEqual(decodeJson(`{"a": [${text}]}`), { a: [value] })
  })
}

test('values without a form in JSON are written as Kombu writes them', () => {
  const value = {
    at: new Date('2026-08-01T00:30:00.123Z'),
    bytes: Buffer.from([0xff, 0x00]),
    price: new Decimal('12.50'),
    day: new PlainDate('2026-08-01'),
    time: new PlainTime('09:30:00'),
    big: 9007199254740993n,
    map: new Map([['k', 1]]),
    set: new Set([1, 2]),
    missing: undefined,
  }
  assert.equal(
    encodeJson(value),
    '{"at":{"__type__":"datetime","__value__":"2026-08-01T00:30:00.123+00:00"},' +
      '"bytes":{"__type__":"base64","__value__":"/wA="},' +
      '"price":{"__type__":"decimal","__value__":"12.50"},' +
      '"day":{"__type__":"date","__value__":"2026-08-01"},' +
      '"time":{"__type__":"time","__value__":"09:30:00"},' +
      '"big":9007199254740993,"map":{"k":1},"set":[1,2]}',
  )
})

test('nothing is null', () => {
  assert.equal(encodeJson(undefined), 'null')
  assert.equal(encodeJson([undefined]), '[null]')
})

for (const [value, what] of [
  [{ n: Number.NaN }, /"n" is NaN/],
  [[Number.POSITIVE_INFINITY], /"0" is Infinity/],
  [{ f: () => 1 }, /"f" is a function/],
  [Symbol('s'), /the value is a symbol/],
  [new Date(Number.NaN), /an invalid Date/],
] as const) {
  test(`a value that would be lost is refused: ${String(what)}`, () => {
    assert.throws(() => encodeJson(value), EncodeError)
    assert.throws(() => encodeJson(value), what)
  })
}

test('a circle is refused', () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  assert.throws(() => encodeJson(circle), EncodeError)
})

for (const text of [
  '',
  '{"half":',
  'NaN',
  '{"__type__": "pickle", "__value__": "x"}',
  '{"__type__": "uuid", "__value__": "x"}',
  '{"__type__": "datetime", "__value__": "yesterday"}',
  '{"__type__": "datetime", "__value__": 5}',
]) {
  test(`${text || 'nothing'} is not JSON`, () => {
    assert.throws(() => decodeJson(text), DecodeError)
  })
}
