import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GroupCommit } from '../../../src/transport/virtual/group-commit.ts'

test('what is added in one turn is committed together', async () => {
  const batches: (readonly number[])[] = []
  const commits = new GroupCommit<number>(async (items) => {
    batches.push(items)
    return undefined
  })
  await Promise.all([1, 2, 3].map((n) => commits.add(n)))
  await commits.add(4)
  assert.deepEqual(batches, [[1, 2, 3], [4]])
})

test('what is added during a commit waits for the next one', async () => {
  const batches: (readonly number[])[] = []
  const { promise: slow, resolve: finish } = Promise.withResolvers<undefined>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const commits = new GroupCommit<number>((items) => {
    batches.push(items)
    begin()
    return batches.length === 1 ? slow : Promise.resolve(undefined)
  })
  const first = commits.add(1)
  await begun
  const others = [2, 3].map((n) => commits.add(n))
  assert.deepEqual(batches, [[1]])
  finish(undefined)
  await Promise.all([first, ...others])
  await commits.idle()
  assert.deepEqual(batches, [[1], [2, 3]])
})

test('one item’s refusal is its own, a failed commit is everybody’s', async () => {
  const refusing = new GroupCommit<number>(async (items) =>
    items.map((n) => (n === 2 ? new Error('two') : undefined)),
  )
  const outcomes = await Promise.allSettled([1, 2, 3].map((n) => refusing.add(n)))
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  const failing = new GroupCommit<number>(async () => Promise.reject(new Error('disk full')))
  const failures = await Promise.allSettled([1, 2].map((n) => failing.add(n)))
  assert.deepEqual(
    failures.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  await assert.rejects(failing.add(3), /disk full/)
})
