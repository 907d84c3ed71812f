import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TurnBatch } from '../../src/backends/turn-batch.ts'

test('what is asked for in one moment is asked for once, and everybody gets his own answer', async () => {
  const asked: (readonly number[])[] = []
  const batch = new TurnBatch(async (items: readonly number[]) => {
    asked.push(items)
    return items.map((item) => item * 10)
  })
  assert.deepEqual(await Promise.all([batch.add(1), batch.add(2), batch.add(3)]), [10, 20, 30])
  assert.equal(await batch.add(4), 40)
  assert.deepEqual(asked, [[1, 2, 3], [4]])
})

test('a failure is everybody’s, and the next ones do not hear of it', async () => {
  let isAway = true
  const batch = new TurnBatch(async (items: readonly string[]) => {
    if (isAway) throw new Error('away')
    return items
  })
  const all = await Promise.allSettled([batch.add('a'), batch.add('b')])
  assert.deepEqual(
    all.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  isAway = false
  assert.equal(await batch.add('c'), 'c')
})
