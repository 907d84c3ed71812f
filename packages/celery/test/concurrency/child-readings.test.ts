import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Measures } from '../../src/app/measures.ts'
import { ChangedReadings, lasting, summed } from '../../src/concurrency/child-readings.ts'

const counter = (value: number, labels = {}) => ({ name: 'c', type: 'counter' as const, labels, value })
const gauge = (value: number) => ({ name: 'g', type: 'gauge' as const, labels: {}, value })

describe('what children measure', () => {
  it('is told by a child when it has changed', () => {
    const measures = new Measures()
    let value = 0
    measures.add({ name: 'c', help: 'C.', type: 'counter', read: () => [{ value }] })
    const changed = new ChangedReadings(measures)
    assert.deepEqual(changed.next(), { readings: [counter(0)] })
    assert.deepEqual(changed.next(), {})
    value = 2
    assert.deepEqual([changed.next(), changed.next()], [{ readings: [counter(2)] }, {}])
    assert.deepEqual(new ChangedReadings(new Measures()).next(), {})
  })

  it('is added up by name and labels, in whatever order these stand', () => {
    const readings = [counter(1, { a: '1', b: '2' }), counter(4), counter(2, { b: '2', a: '1' }), gauge(5)]
    assert.deepEqual(summed(readings), [counter(3, { b: '2', a: '1' }), counter(4), gauge(5)])
  })

  it('stays of a child that is gone, where it counts', () => {
    assert.deepEqual(lasting([counter(1), gauge(2)]), [counter(1)])
  })
})
