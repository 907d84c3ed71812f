import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createBackend } from '../../src/backends/index.ts'
import { parseRedisUrl } from '../../src/backends/redis-url.ts'
import { ImproperlyConfigured } from '../../src/exceptions.ts'

describe('createBackend', () => {
  it('opens the backend of each scheme', async () => {
    for (const url of ['memory://', 'cache+memory://', 'redis://', 'REDISS://host:1/2', 'disabled://']) {
      await using backend = await createBackend(url)
      assert.ok(backend.url.includes('://'), url)
    }
  })

  it('lists the schemes that there are when it is given another, and masks the password', async () => {
    for (const url of ['mongodb://user:secret@host', 'redis', '', 'constructor://']) {
      await assert.rejects(createBackend(url), (error) => {
        assert.ok(error instanceof ImproperlyConfigured)
        assert.match(
          error.message,
          /memory:\/\/, cache\+memory:\/\/, sqlite:\/\/.*redis:\/\/, rediss:\/\/, sentinel:\/\/, file:\/\/, rpc:\/\/.*disabled:\/\//,
        )
        assert.doesNotMatch(error.message, /secret/)
        return true
      })
    }
  })

  it('refuses options that are no such values, by their names', async () => {
    await assert.rejects(createBackend('memory://', { expiresSeconds: -1 }), /resultExpires is -1/)
    await assert.rejects(createBackend('memory://', { serializer: 'pickle' }), /resultSerializer is 'pickle'/)
    const transportOptions = { globalKeyprefix: 7 }
    await assert.rejects(createBackend('memory://', { transportOptions }), /globalKeyprefix is 7/)
    const ordered = { transportOptions: { result_chord_ordered: 'yes' } }
    await assert.rejects(createBackend('memory://', ordered), /resultChordOrdered is yes; .*true or false/)
  })
})

describe('the address of a Redis', () => {
  it('has the forms that Celery reads', () => {
    const { tls, ...plain } = parseRedisUrl('redis://')
    assert.deepEqual(plain, { url: 'redis://', database: 0, host: '127.0.0.1', port: 6379 })
    assert.equal(tls, undefined)
    const full = parseRedisUrl('rediss://user:p%40ss@host:7000/3?ssl_cert_reqs=CERT_NONE&socket_timeout=5')
    assert.deepEqual(full, {
      ...{ url: 'rediss://user:**@host:7000/3?ssl_cert_reqs=CERT_NONE&socket_timeout=5', username: 'user' },
      ...{ password: 'p@ss', database: 3, host: 'host', port: 7000, tls: { rejectUnauthorized: false } },
    })
    assert.equal(parseRedisUrl('redis://:only@host').password, 'only')
    assert.equal(parseRedisUrl('redis://host?db=4').database, 4)
    assert.equal(parseRedisUrl('rediss://host?ssl_cert_reqs=required').tls?.rejectUnauthorized, true)
  })

  it('is refused where it cannot be meant', () => {
    assert.throws(
      () => parseRedisUrl('redis://host/results'),
      /the Redis database in .* is "results"; it must be a number/,
    )
    assert.throws(() => parseRedisUrl('rediss://host?ssl_cert_reqs=maybe'), /ssl_cert_reqs in .* is "maybe"/)
  })
})
