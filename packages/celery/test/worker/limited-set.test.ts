import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LimitedSet } from '../../src/worker/limited-set.ts'
import { revocationLimits } from '../../src/worker/revocations.ts'

describe('a limited set', () => {
  it('keeps the newest, and what is added again is new', () => {
    const set = new LimitedSet<string>({ most: 2, expiresMs: 1e9 })
    for (const item of ['a', 'b', 'a', 'c']) set.add(item)
    assert.deepEqual([...set.times.keys()], ['a', 'c'])
    assert.deepEqual([set.has('a'), set.has('b')], [true, false])
  })

  it('keeps what has expired until it is full, or is told to let it go', () => {
    const set = new LimitedSet<string>({ most: 2, expiresMs: 1000 })
    set.add('old', Date.now() - 2000)
    set.add('new')
    assert.ok(set.has('old'))
    set.purge()
    assert.deepEqual([...set.times.keys()], ['new'])
  })
})

describe('the limits of what is revoked', () => {
  it('are Celery’s, unless the environment sets others', () => {
    assert.deepEqual(revocationLimits({}), { most: 50_000, expiresMs: 10_800_000 })
    const env = { CELERY_WORKER_REVOKES_MAX: '10', CELERY_WORKER_REVOKE_EXPIRES: '1.5' }
    assert.deepEqual(revocationLimits(env), { most: 10, expiresMs: 1500 })
    assert.throws(
      () => revocationLimits({ CELERY_WORKER_REVOKES_MAX: 'many' }),
      /CELERY_WORKER_REVOKES_MAX is 'many'; it must be a number, 0 or more/,
    )
  })
})
