import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { Producer } from '../../../src/index.ts'
import { LongTags } from '../../../src/transport/amqp/long-tags.ts'
import { Bench, service, TIMEOUT_MS } from '../../support.ts'

const { url, skip } = service('AMQP_URL')
const interpreter = process.env.PYTHON_VENV
if (!interpreter && process.env.CI === 'true') throw new Error('PYTHON_VENV is not set, and CI must test it')
const skipPython = skip || (interpreter ? false : 'PYTHON_VENV is not set; "npm test" makes one')

async function python(program: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)(interpreter ?? '', ['-c', program, url, ...args])).stdout
}

const PUBLISH = `
import sys, datetime, decimal
from kombu import Connection
with Connection(sys.argv[1]) as connection:
    connection.Producer().publish('x', routing_key=sys.argv[2], headers={
        'int': 7, 'negative': -7, 'long': 2**40, 'negative long': -2**40, 'float': 1.5, 'none': None,
        'list': [1, 2**40, [2**41], {'deep': 2**42}], 'table': {'long': 1700000000000}, 'text': '한글', 'true': True,
        'when': datetime.datetime(2024, 2, 29, 12, 0, 0), 'decimal': decimal.Decimal('12.75'),
    })
`

const CONSUME = `
import sys
from kombu import Connection
with Connection(sys.argv[1]) as connection:
    message = connection.default_channel.basic_get(sys.argv[2], no_ack=True)
    print(sorted(message.headers.items()))
`

describe('headers on RabbitMQ', { timeout: TIMEOUT_MS }, () => {
  test('every value comes back as it went', { skip }, async (t) => {
    const bench = await Bench.open(t, url)
    const queue = await bench.queue()
    const headers = {
      byte: 127,
      short: 300,
      int: -2_000_000_000,
      long: 2 ** 40,
      largest: Number.MAX_SAFE_INTEGER,
      float: 0.1,
      huge: 1e300,
      text: '한글',
      yes: true,
      nothing: null,
      when: new Date('2024-02-29T12:00:00Z'),
      bytes: Buffer.from([0, 255]),
      list: [1, 'two', [3], { four: 4 }],
      table: { deep: { deeper: [] } },
      '!': 'timestamp',
      nested: { '!': 'timestamp', value: 'no' },
    }
    await new Producer(bench.connection).publish('x', { routingKey: queue.name, headers })
    assert.deepEqual((await queue.get(bench.channel))?.headers, headers)
  })

  test('an integer beyond 53 bits and a header without a value can be sent', { skip }, async (t) => {
    const bench = await Bench.open(t, url)
    const queue = await bench.queue()
    const headers = { big: 2n ** 62n, absent: undefined }
    await new Producer(bench.connection).publish('x', { routingKey: queue.name, headers })
    assert.deepEqual((await queue.get(bench.channel))?.headers, { big: 2 ** 62 })
  })

  test('headers that Python wrote can be read, long integers included', { skip: skipPython }, async (t) => {
    const bench = await Bench.open(t, url)
    const queue = await bench.queue()
    await python(PUBLISH, queue.name)
    assert.deepEqual((await queue.get(bench.channel))?.headers, {
      int: 7,
      negative: -7,
      long: 2 ** 40,
      'negative long': -(2 ** 40),
      float: 1.5,
      none: null,
      list: [1, 2 ** 40, [2 ** 41], { deep: 2 ** 42 }],
      table: { long: 1_700_000_000_000 },
      text: '한글',
      true: true,
      when: new Date('2024-02-29T12:00:00Z'),
      decimal: 12.75,
    })
  })

  test('Python reads our headers as the types it would have written', { skip: skipPython }, async (t) => {
    const bench = await Bench.open(t, url)
    const queue = await bench.queue()
    const headers = {
      a: 7,
      b: -7,
      c: 300,
      d: 70_000,
      e: 2 ** 40,
      f: 1.5,
      g: null,
      h: [1, [200]],
      i: { n: 1 },
      j: '한글',
      k: true,
      l: new Date('2024-02-29T12:00:00Z'),
    }
    await new Producer(bench.connection).publish('x', { routingKey: queue.name, headers })
    assert.equal(
      (await python(CONSUME, queue.name)).trim(),
      "[('a', 7), ('b', -7), ('c', 300), ('d', 70000), ('e', 1099511627776), ('f', 1.5), ('g', None), " +
        "('h', [1, [200]]), ('i', {'n': 1}), ('j', '한글'), ('k', True), ('l', datetime.datetime(2024, 2, 29, 12, 0))]",
    )
  })
})

describe('LongTags', () => {
  const frame = (type: number, payload: Buffer) => {
    const prefix = Buffer.from([type, 0, 1, 0, 0, 0, 0])
    prefix.writeUInt32BE(payload.length, 3)
    return Buffer.concat([prefix, payload, Buffer.from([0xce])])
  }
  const header = (tag: string) => {
    const entry = Buffer.concat([Buffer.from(`\x01n${tag}`, 'latin1'), Buffer.alloc(8, 'L')])
    const table = Buffer.concat([Buffer.from([0, 0, 0, entry.length]), entry])
    const fixed = Buffer.alloc(14)
    fixed.writeUInt16BE(0xa000, 12)
    return frame(2, Buffer.concat([fixed, Buffer.from('\x04text'), table]))
  }
  const body = frame(3, Buffer.from('LLLL not a header LLLL'))
  const sent = Buffer.concat([body, header('L'), frame(8, Buffer.alloc(0)), header('l'), body])
  const expected = Buffer.concat([body, header('l'), frame(8, Buffer.alloc(0)), header('l'), body])

  for (const size of [1, 2, 7, 30, sent.length]) {
    test(`changes tags and nothing else, in pieces of ${size} bytes`, () => {
      const tags = new LongTags()
      const pieces: Buffer[] = []
      for (let at = 0; at < sent.length; at += size) {
        const piece = tags.rewrite(Buffer.from(sent.subarray(at, at + size)))
        if (piece) pieces.push(piece)
      }
      assert.deepEqual(Buffer.concat(pieces), expected)
    })
  }
})
