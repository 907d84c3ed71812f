import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runChecks } from '../src/check.ts'

const REMEDY = 'Start it.'

test('checks run side by side, and each says for itself what it saw', async () => {
  const both = Promise.withResolvers<string>()
  const second = async () => {
    both.resolve('seen')
    return 'seen too'
  }
  const checks = [
    { name: 'first', remedy: REMEDY, run: () => both.promise },
    { name: 'second', remedy: REMEDY, run: second },
  ]
  assert.deepEqual(await runChecks(checks, 60_000), [
    { name: 'first', ok: true, detail: 'seen' },
    { name: 'second', ok: true, detail: 'seen too' },
  ])
})

test('a check that fails tells the whole story, and what to do', async () => {
  const error = new Error('no broker', { cause: new Error('connection refused') })
  const [result] = await runChecks(
    [{ name: 'broker', remedy: REMEDY, run: () => Promise.reject(error) }],
    60_000,
  )
  assert.deepEqual(result, {
    name: 'broker',
    ok: false,
    detail: 'no broker (connection refused)',
    remedy: REMEDY,
  })
})

test('a cause that the message tells already is not told twice', async () => {
  const error = new Error('no broker: refused', { cause: new Error('refused') })
  const [result] = await runChecks(
    [{ name: 'broker', remedy: REMEDY, run: () => Promise.reject(error) }],
    60_000,
  )
  assert.equal(result?.detail, 'no broker: refused')
})

test('also a long chain of causes, each repeated by the one above, is told once', async () => {
  const reason = new Error('refused', { cause: new Error('ECONNREFUSED') })
  const error = new Error('no broker: host: refused', {
    cause: new Error('host: refused', { cause: reason }),
  })
  const [result] = await runChecks(
    [{ name: 'broker', remedy: REMEDY, run: () => Promise.reject(error) }],
    60_000,
  )
  assert.equal(result?.detail, 'no broker: host: refused (ECONNREFUSED)')
})

test('a check that never answers counts as broken', async () => {
  const [result] = await runChecks([{ name: 'broker', remedy: REMEDY, run: () => new Promise(() => {}) }], 20)
  assert.deepEqual(result, { name: 'broker', ok: false, detail: 'no answer within 20 ms', remedy: REMEDY })
})
