import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { test } from 'node:test'
import {
  hashSecret,
  keyPrefix,
  newKeySecret,
  printKey,
  readKey,
  readKeyId,
  secretMatches,
} from '../../src/access/key-secret.ts'

test('a key is read as it was printed, and has 256 random bits', () => {
  const keys = Array.from({ length: 100 }, newKeySecret)
  for (const key of keys) {
    assert.deepEqual(readKey(printKey(key)), key)
    assert.ok(key.secret.length * Math.log2(62) >= 256)
  }
  assert.equal(new Set(keys.map(({ secret }) => secret)).size, 100)
  assert.equal(new Set(keys.flatMap(({ secret }) => [...secret])).size, 62)
})

test('what is not a whole key is none', () => {
  const text = printKey(newKeySecret())
  const others = [
    '',
    'vp_',
    text.slice(0, -1),
    `${text}x`,
    ` ${text}`,
    text.replace('vp_', 'vq_'),
    `${text}\n`,
  ]
  for (const other of others) assert.equal(readKey(other), undefined, JSON.stringify(other))
})

test('a key is named by its id, its prefix, or all of it', () => {
  const key = newKeySecret()
  for (const text of [key.id, keyPrefix(key.id), printKey(key)]) assert.equal(readKeyId(text), key.id)
})

test('only the secret itself matches its hash', () => {
  const { secret } = newKeySecret()
  const hash = hashSecret(secret)
  assert.ok(!hash.includes(secret))
  assert.equal(secretMatches(secret, hash), true)
  for (const other of [newKeySecret().secret, secret.slice(1), '', hash]) {
    assert.equal(secretMatches(other, hash), false)
  }
  assert.equal(secretMatches(secret, 'a damaged hash'), false)
})

test('secrets are compared in constant time', (t) => {
  const compare = t.mock.method(crypto, 'timingSafeEqual')
  syncBuiltinESMExports()
  t.after(() => {
    compare.mock.restore()
    syncBuiltinESMExports()
  })
  secretMatches('wrong', hashSecret('right'))
  assert.equal(compare.mock.callCount(), 1)
})
