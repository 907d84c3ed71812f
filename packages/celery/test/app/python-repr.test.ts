import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { reprArgs, reprKwargs, reprValue } from '../../src/app/python-repr.ts'

interface Recorded {
  readonly values: readonly { readonly value: unknown; readonly repr: string; readonly args: string }[]
  readonly bytes: readonly { readonly hex: string; readonly repr: string }[]
}

const path = join(import.meta.dirname, '../fixtures/python/messages/reprs.json')
const recorded: Recorded = JSON.parse(await readFile(path, 'utf8'))

describe('a value as Python prints it', () => {
  for (const { value, repr, args } of recorded.values) {
    it(`is ${repr}`, () => {
      assert.equal(reprValue(value), repr)
      assert.equal(reprArgs([value]), args)
    })
  }

  it('is a bytes literal for bytes', () => {
    for (const { hex, repr } of recorded.bytes) assert.equal(reprValue(Buffer.from(hex, 'hex')), repr)
  })

  it('is a tuple for arguments and a dict for keyword arguments', () => {
    assert.equal(reprArgs([]), '()')
    assert.equal(reprArgs([1, 'a']), "(1, 'a')")
    assert.equal(reprKwargs({}), '{}')
    assert.equal(reprKwargs({ a: null, b: [true] }), "{'a': None, 'b': [True]}")
  })

  it('is what is sent of a value that JSON has no word for', () => {
    assert.equal(reprValue(undefined), 'None')
    assert.equal(reprValue(10n ** 20n), '100000000000000000000')
    assert.equal(reprValue(new Set([1])), '[1]')
    assert.equal(reprValue(new Map([['a', 1]])), "{'a': 1}")
    assert.equal(reprValue(new Date(0)), "'1970-01-01T00:00:00.000Z'")
    assert.equal(
      reprValue([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]),
      '[nan, inf, -inf]',
    )
  })

  it('ends where it would go in circles or too deep', () => {
    const circle: unknown[] = []
    circle.push(circle)
    assert.equal(reprValue(circle), '[...]')
    const set = new Set<unknown>()
    set.add(set)
    assert.match(reprValue(set), /\.\.\./)
    let deep: unknown = 'bottom'
    for (let level = 0; level < 1000; level++) deep = { deep }
    assert.match(reprValue(deep), /\.\.\./)
  })

  it('is never longer than 1,024 characters', () => {
    for (const value of ['x'.repeat(5000), '\x00'.repeat(5000), Array.from({ length: 5000 }, () => 'y')]) {
      assert.equal(reprValue(value).length, 1024)
      assert.ok(reprValue(value).endsWith('...'))
    }
  })
})
