import assert from 'node:assert/strict'
import { test } from 'node:test'
import { merge } from '../src/merge.ts'
import { collect } from './collect.ts'

async function* items<Item>(...all: Item[]) {
  yield* all
}

async function* until(signal: AbortSignal) {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve())
  await promise
  yield 'the end'
}

test('gives what each source gives, in the order of each, and tells which it was', async () => {
  const merged = await collect(merge([items('a', 'b'), items('c'), items<string>()]))
  assert.deepEqual(
    merged.filter(([source]) => source === 0),
    [
      [0, 'a'],
      [0, 'b'],
    ],
  )
  assert.deepEqual(
    merged.filter(([source]) => source !== 0),
    [[1, 'c']],
  )
})

test('waits for no source that has nothing to say', async () => {
  const controller = new AbortController()
  const merged = merge([until(controller.signal), items('now')])
  assert.deepEqual((await merged.next()).value, [1, 'now'])
  controller.abort()
  assert.deepEqual((await merged.next()).value, [0, 'the end'])
})

test('fails when one of them fails, and leaves the others', async () => {
  const left = Promise.withResolvers<void>()
  async function* watched() {
    try {
      for (;;) yield 'more'
    } finally {
      left.resolve()
    }
  }
  // biome-ignore lint/correctness/useYield: it fails before it has anything to give
  async function* broken(): AsyncGenerator<string> {
    throw new Error('gone')
  }
  await assert.rejects(collect(merge([watched(), broken()])), /gone/)
  await left.promise
})
