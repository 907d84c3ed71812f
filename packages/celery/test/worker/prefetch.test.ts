import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PrefetchCount } from '../../src/worker/prefetch.ts'

describe('the prefetch count', () => {
  it('is told to the broker once, and again only when it changed', async () => {
    const told: number[] = []
    const prefetch = new PrefetchCount(8, 0, async (count) => void told.push(count))
    await prefetch.update()
    await prefetch.update()
    await prefetch.hold()
    await prefetch.letGo()
    assert.deepEqual(told, [8, 9, 8])
  })

  it('makes one message of many changes in one moment', async () => {
    const told: number[] = []
    const prefetch = new PrefetchCount(4, 0, async (count) => void told.push(count))
    await Promise.all(Array.from({ length: 100 }, () => prefetch.hold()))
    assert.deepEqual(told, [5, 104])
    await Promise.all([prefetch.hold(), prefetch.letGo()])
    assert.deepEqual(told.at(-1), 104)
  })

  it('stays without limit, and has none where AMQP cannot count so far', async () => {
    const told: number[] = []
    const tell = async (count: number) => void told.push(count)
    const unlimited = new PrefetchCount(0, 0, tell)
    await unlimited.hold()
    const large = new PrefetchCount(65_535, 0, tell)
    await large.update()
    await large.hold()
    await large.letGo()
    assert.deepEqual(told, [0, 65_535, 0, 65_535])
  })

  it('can be told again after the broker did not hear it', async () => {
    const told: number[] = []
    let isAway = true
    const prefetch = new PrefetchCount(4, 0, async (count) => {
      if (isAway) throw new Error('away')
      told.push(count)
    })
    await assert.rejects(prefetch.hold(), /away/)
    isAway = false
    await prefetch.update()
    assert.deepEqual(told, [5])
  })

  it('is raised by no more held messages than the limit', async () => {
    const told: number[] = []
    const prefetch = new PrefetchCount(4, 2, async (count) => void told.push(count))
    for (const _ of [1, 2, 3]) await prefetch.hold()
    assert.equal(prefetch.value, 6)
    await prefetch.letGo()
    assert.equal(prefetch.value, 6)
    await prefetch.letGo()
    assert.equal(prefetch.value, 5)
    assert.deepEqual(told, [5, 6, 5])
  })
})
