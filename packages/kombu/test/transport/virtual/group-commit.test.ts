import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GroupCommit } from '../../../src/transport/virtual/group-commit.ts'
import { endOfTurn } from '../../../src/transport/virtual/linger.ts'

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

test('what nobody waits for lingers for company, and goes at once when somebody does', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const batches: (readonly number[])[] = []
  const commits = new GroupCommit<number>(async (items) => {
    batches.push(items)
    return undefined
  }, 5)
  const lingering = commits.add(1)
  await endOfTurn()
  assert.deepEqual(batches, [])
  const hurried = commits.add(2)
  commits.hurry()
  await Promise.all([lingering, hurried])
  assert.deepEqual(batches, [[1, 2]])
  const alone = commits.add(3)
  t.mock.timers.tick(5)
  await alone
  const last = commits.add(4)
  await commits.idle()
  await last
  assert.deepEqual(batches, [[1, 2], [3], [4]])
})
