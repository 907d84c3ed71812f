import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Decimal, PlainDate, PlainTime } from '@voice-pocket/kombu'
import type { Border } from '../border.ts'

const UUID = '0b3ae5d0-63ab-4a3c-8a2b-1f2f3c4d5e6f'
const COMPRESSIONS = ['gzip', 'zlib', 'brotli', 'zstd']
const SERIALIZERS = ['json', 'msgpack']
const LONG = '안녕'.repeat(999)

/** Each value in Python's words, the class it is here, and its text. */
const PYTHON_VALUES = [
  ['datetime(2026, 8, 1, 9, 30, 15, 250000, timezone.utc)', 'Date', '2026-08-01T09:30:15.250Z'],
  ['datetime(2026, 8, 1, 9, tzinfo=timezone(timedelta(hours=9)))', 'Date', '2026-08-01T00:00:00.000Z'],
  ['date(2026, 8, 1)', 'PlainDate', '2026-08-01'],
  ['time(9, 30, 15)', 'PlainTime', '09:30:15'],
  ["Decimal('12.50')", 'Decimal', '12.50'],
  [`UUID('${UUID}')`, 'String', UUID],
  ["'안녕'.encode()", 'Uint8Array', 'ec9588eb8595'],
  ["b'\\xff\\x00'", 'Uint8Array', 'ff00'],
  ['12345678901234567890', 'BigInt', '12345678901234567890'],
  ['None', 'null', 'null'],
  ['1.5', 'Number', '1.5'],
] as const

/** Each value here, the class it is in Python, and how Python writes it. */
const OUR_VALUES = [
  [
    new Date('2026-08-01T09:30:15.250Z'),
    'datetime',
    'datetime.datetime(2026, 8, 1, 9, 30, 15, 250000, tzinfo=datetime.timezone.utc)',
  ],
  [new PlainDate('2026-08-01'), 'date', 'datetime.date(2026, 8, 1)'],
  [new PlainTime('09:30:15'), 'time', 'datetime.time(9, 30, 15)'],
  [new Decimal('12.50'), 'Decimal', "Decimal('12.50')"],
  [new Uint8Array([0xff, 0]), 'bytes', "b'\\xff\\x00'"],
  [12345678901234567890n, 'int', '12345678901234567890'],
  [null, 'NoneType', 'None'],
  [{ deep: [1.5, true] }, 'dict', "{'deep': [1.5, True]}"],
] as const

export function valuesCross(at: () => Border): void {
  async function assertRefused(id: string, expected: string, reason: RegExp): Promise<void> {
    const { state, error } = await at().client.ask('get', { task_id: id })
    const { class: name, module, text } = error as Record<string, string>
    assert.deepEqual([state, `${module}.${name}`], ['FAILURE', `kombu.exceptions.${expected}`])
    assert.match(String(text), reason)
    assert.match(await at().deadLetters.reasonOf(id), reason)
  }

  describe('a value', () => {
    it('of a type that JSON has no word for comes from Python, and goes back as its result', async () => {
      const expression = `[${PYTHON_VALUES.map(([python]) => python).join(', ')}]`
      const id = await at().toOurs('js.values', { expression })
      const { given, types, texts } = (await at().app.asyncResult(id).get({ timeout: 30 })) as Described
      assert.deepEqual(
        types,
        PYTHON_VALUES.map(([, type]) => type),
      )
      assert.deepEqual(
        texts,
        PYTHON_VALUES.map(([, , text]) => text),
      )
      assert.equal(given.length, PYTHON_VALUES.length)
    })

    it('that our worker returns is of its type in Python again', async () => {
      const expression =
        "[date(2026, 8, 1), time(9, 30, 15), Decimal('12.50'), b'\\xff\\x00', 12345678901234567890]"
      const id = await at().toOurs('js.same', { expression })
      const { reprs } = await at().client.ask('get_reprs', { task_id: id })
      assert.deepEqual(reprs, [
        ...['datetime.date(2026, 8, 1)', 'datetime.time(9, 30, 15)', "Decimal('12.50')", "b'\\xff\\x00'"],
        '12345678901234567890',
      ])
    })

    it('of a type that JSON has no word for goes to Python, and comes back as its result', async () => {
      const args = OUR_VALUES.map(([value]) => value)
      const { given, types, reprs } = (await at().getFromTheirs('py.values', { args })) as Described
      assert.deepEqual(
        types,
        OUR_VALUES.map(([, type]) => type),
      )
      assert.deepEqual(
        reprs,
        OUR_VALUES.map(([, , repr]) => repr),
      )
      assert.deepEqual(given, args)
    })
  })

  describe('a serializer', () => {
    for (const serializer of SERIALIZERS) {
      it(`is understood on both sides: ${serializer}`, async () => {
        const options = { args: [LONG], kwargs: { y: '!' }, serializer }
        assert.deepEqual(await at().getFromOurs('js.add', options), { value: `${LONG}!` })
        assert.equal(await at().getFromTheirs('py.add', options), `${LONG}!`)
      })
    }

    for (const serializer of ['pickle', 'yaml']) {
      it(`is refused, to whoever waits and with a dead letter: ${serializer}`, async () => {
        const reason = new RegExp(`refused content of type ${serializer}`)
        const id = await at().toOurs('js.add', { args: [1, 2], serializer })
        await assertRefused(id, 'ContentDisallowed', reason)
        assert.deepEqual(await at().getFromOurs('js.add', { args: [1, 2] }), { value: 3 })
        await assert.rejects(
          at().toTheirs('py.add', { args: [1, 2], serializer }),
          new RegExp(`serializer ${serializer} is not supported`),
        )
      })
    }

    it('of a result that is pickle is refused by name', async () => {
      const id = crypto.randomUUID()
      await at().client.ask('store', { task_id: id, value: 5, serializer: 'pickle' })
      await assert.rejects(at().app.asyncResult(id).get({ timeout: 30 }), /is no JSON/)
    })
  })

  describe('a compression', () => {
    for (const compression of COMPRESSIONS) {
      it(`is read on both sides: ${compression}`, async () => {
        const options = { args: [LONG, '!'], compression }
        assert.deepEqual(await at().getFromOurs('js.add', options), { value: `${LONG}!` })
        assert.equal(await at().getFromTheirs('py.add', options), `${LONG}!`)
      })
    }

    it('is read together with msgpack', async () => {
      const options = { args: [LONG, '!'], compression: 'zstd', serializer: 'msgpack' }
      assert.deepEqual(await at().getFromOurs('js.add', options), { value: `${LONG}!` })
      assert.equal(await at().getFromTheirs('py.add', options), `${LONG}!`)
    })

    for (const compression of ['bzip2', 'lzma']) {
      it(`that Node does not have is refused, to whoever waits and with a dead letter: ${compression}`, async () => {
        const reason = new RegExp(
          `${compression} compression is not available here; use gzip, brotli or zstd`,
        )
        const id = await at().toOurs('js.add', { args: [1, 2], compression })
        await assertRefused(id, 'DecodeError', reason)
        await assert.rejects(at().toTheirs('py.add', { args: [1, 2], compression }), reason)
      })
    }
  })
}

interface Described {
  readonly given: readonly unknown[]
  readonly types: readonly string[]
  readonly texts: readonly string[]
  readonly reprs: readonly string[]
}
