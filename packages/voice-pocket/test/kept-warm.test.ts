import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KeptWarm } from '../src/kept-warm.ts'

const countsOf = ({ size, hits, misses, evictions }: KeptWarm<string>) => ({ size, hits, misses, evictions })

describe('what a process keeps warm', () => {
  it('is what it used last', () => {
    const warm = new KeptWarm<string>(2)
    for (const key of ['a', 'b']) warm.keep(key, key.toUpperCase())
    assert.equal(warm.get('a'), 'A')
    warm.keep('c', 'C')
    assert.deepEqual(warm.evict(), ['B'])
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => warm.get(key)),
      ['A', undefined, 'C'],
    )
    assert.deepEqual(countsOf(warm), { size: 2, hits: 3, misses: 1, evictions: 1 })
  })

  it('is more for as long as it is in use', () => {
    const used = new Set(['A', 'C'])
    const warm = new KeptWarm<string>(1, (value) => used.has(value))
    for (const key of ['a', 'b', 'c']) warm.keep(key, key.toUpperCase())
    assert.deepEqual(warm.evict(), ['B'])
    assert.equal(warm.size, 2)
    used.clear()
    assert.deepEqual(warm.evict(), ['A'])
    assert.equal(warm.evictions, 2)
  })

  it('can be forgotten, unless another has taken its place', () => {
    const warm = new KeptWarm<string>(2)
    warm.keep('a', 'new')
    warm.forget('a', 'old')
    assert.ok(warm.has('a'))
    warm.forget('a', 'new')
    assert.ok(!warm.has('a'))
    warm.keep('b', 'B')
    assert.deepEqual([warm.clear(), warm.size, warm.evictions], [['B'], 0, 0])
  })
})
