import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidValueError, parseUrl } from '../../../src/index.ts'
import { redisAddress } from '../../../src/transport/redis/address.ts'

for (const [url, expected] of [
  ['redis://', { host: '127.0.0.1', port: 6379, database: 0 }],
  ['redis://cache/2', { host: 'cache', port: 6379, database: 2 }],
  ['redis://cache:7000//3', { host: 'cache', port: 7000, database: 3 }],
  ['redis://cache?db=4', { host: 'cache', port: 6379, database: 4 }],
  ['redis://:p%40ss@cache', { host: 'cache', port: 6379, database: 0, password: 'p@ss' }],
  [
    'redis://me:secret@[::1]:7000/0',
    { host: '::1', port: 7000, database: 0, username: 'me', password: 'secret' },
  ],
] as const) {
  test(`${url} is understood`, () => {
    const { url: shown, tls, ...address } = redisAddress(parseUrl(url))
    assert.deepEqual(address, expected)
    assert.equal(tls, undefined)
    assert.doesNotMatch(shown, /secret|p%40ss/)
  })
}

test('rediss:// checks certificates', () => {
  assert.deepEqual(redisAddress(parseUrl('rediss://cache')).tls, { rejectUnauthorized: true })
})

test('a database that is no number is refused', () => {
  assert.throws(
    () => redisAddress(parseUrl('redis://me:secret@cache/celery')),
    (error: Error) => {
      assert.ok(error instanceof InvalidValueError)
      assert.match(error.message, /redis:\/\/me:\*\*@cache\/celery is "celery"; it must be a number/)
      return true
    },
  )
})
