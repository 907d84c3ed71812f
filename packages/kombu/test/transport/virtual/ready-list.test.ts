import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadyList, type ReadyMessage } from '../../../src/transport/virtual/ready-list.ts'

function message(position: number, priority = 0, expiresAt?: number): ReadyMessage {
  return { position, priority, expiresAt, envelope: '', redelivered: false }
}

test('messages are ordered by priority, then age, whenever they are put back', () => {
  const list = new ReadyList()
  for (const [position, priority] of [
    [1, 0],
    [2, 5],
    [3, 0],
    [4, 9],
    [5, 5],
  ] as const) {
    list.insert(message(position, priority))
  }
  const [first, second] = list.take(2)
  assert.deepEqual([first?.position, second?.position], [4, 2])
  list.insert(message(2, 5))
  assert.deepEqual(
    list.take(10).map(({ position }) => position),
    [2, 5, 1, 3],
  )
  assert.equal(list.size, 0)
})

test('the order holds through many turns of taking and putting back', () => {
  const list = new ReadyList()
  for (let position = 0; position < 5_000; position += 1) list.insert(message(position))
  const taken = list.take(3_000)
  for (const item of [...taken].reverse()) list.insert(item)
  assert.deepEqual(
    list.take(5_000).map(({ position }) => position),
    Array.from({ length: 5_000 }, (_, n) => n),
  )
})

test('expired messages neither count nor come', () => {
  const list = new ReadyList()
  list.insert(message(1, 0, Date.now() - 1))
  list.insert(message(2, 0, Date.now() + 60_000))
  assert.equal(list.size, 1)
  assert.deepEqual(
    list.take(2).map(({ position }) => position),
    [2],
  )
})
