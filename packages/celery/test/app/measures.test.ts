import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { Measures } from '../../src/app/measures.ts'

describe('the measures of an app', () => {
  it('are read with their labels', () => {
    const measures = new Measures()
    const read = () => [
      { labels: { kind: 'a' }, value: 1 },
      { labels: { kind: 'b' }, value: 2 },
    ]
    measures.add({ name: 'n', help: 'N.', type: 'gauge', labelNames: ['kind'], read })
    assert.deepEqual(measures.readings(), [
      { name: 'n', type: 'gauge', labels: { kind: 'a' }, value: 1 },
      { name: 'n', type: 'gauge', labels: { kind: 'b' }, value: 2 },
    ])
  })

  it('have names of their own', () => {
    const measures = new Measures()
    const measure = { name: 'n', help: 'N.', type: 'gauge', read: () => [] } as const
    measures.add(measure)
    assert.throws(() => measures.add(measure), /There is a measure n already/)
  })

  it('do not keep each other from being read', async () => {
    const measures = new Measures()
    const broken = () => {
      throw new Error('out of order')
    }
    measures.add({ name: 'broken', help: 'B.', type: 'gauge', read: broken })
    measures.add({ name: 'n', help: 'N.', type: 'gauge', read: () => [{ value: 1 }] })
    const warned = once(process, 'warning')
    assert.deepEqual(
      measures.readings().map(({ name }) => name),
      ['n'],
    )
    const [warning] = await warned
    assert.match(String(warning), /The measure broken cannot be read: Error: out of order/)
  })
})
