import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ApiKeys, stateOf } from '../../src/access/api-keys.ts'
import { keyPrefix, newKeySecret, printKey, readKey } from '../../src/access/key-secret.ts'
import type { Quota } from '../../src/access/quota.ts'
import { ApiKeyError, UnauthenticatedError } from '../../src/exceptions.ts'
import { openTestRecords } from './records.ts'

const QUOTA: Quota = { unit: 'requests', limit: 5, windowSeconds: 60 }
const DEFAULT: Quota = { unit: 'requests', limit: 1, windowSeconds: 60 }

async function openKeys(t: TestContext) {
  const { records } = await openTestRecords(t)
  const clock = { now: Date.parse('2026-11-22T12:00:00Z') }
  return { records, clock, keys: new ApiKeys(records, [DEFAULT], () => clock.now) }
}

const refuses = (keys: ApiKeys, text: string, why: RegExp) =>
  assert.rejects(keys.authenticate(text), (error: Error) => {
    assert.ok(error instanceof UnauthenticatedError)
    assert.match(error.message, why)
    return true
  })

test('a key of a service acts for everybody, one of a user for that e-mail', async (t) => {
  const { keys } = await openKeys(t)
  const service = await keys.create({ kind: 'service', name: 'web shop' })
  const user = await keys.create({ kind: 'user', email: 'minji@example.com' })
  assert.deepEqual((await keys.authenticate(service.text))?.caller, {
    kind: 'service',
    id: keyPrefix(service.key.id),
    emails: 'any',
  })
  assert.deepEqual((await keys.authenticate(user.text))?.caller, {
    kind: 'user',
    id: keyPrefix(user.key.id),
    emails: ['minji@example.com'],
  })
})

test('users have the default quotas unless their key has its own; services have their own alone', async (t) => {
  const { keys } = await openKeys(t)
  const email = 'minji@example.com'
  const quotasOf = async (key: Parameters<ApiKeys['create']>[0]) =>
    (await keys.authenticate((await keys.create(key)).text))?.quotas
  assert.deepEqual(await quotasOf({ kind: 'user', email }), [DEFAULT])
  assert.deepEqual(await quotasOf({ kind: 'user', email, quotas: [QUOTA] }), [QUOTA])
  assert.deepEqual(await quotasOf({ kind: 'user', email, quotas: [] }), [])
  assert.deepEqual(await quotasOf({ kind: 'service' }), [])
  assert.deepEqual(await quotasOf({ kind: 'service', quotas: [QUOTA] }), [QUOTA])
})

test('a key may have a bound of its own for how urgent its requests are', async (t) => {
  const { keys } = await openKeys(t)
  for (const maxPriority of [0, 9, undefined]) {
    const { text } = await keys.create({ kind: 'service', maxPriority })
    assert.equal((await keys.authenticate(text))?.caller.maxPriority, maxPriority)
  }
  await assert.rejects(keys.create({ kind: 'service', maxPriority: 10 }))
})

test('nothing that is kept opens anything', async (t) => {
  const { keys, records } = await openKeys(t)
  const { text } = await keys.create({ kind: 'service' })
  const kept = JSON.stringify(await records.list(''))
  assert.ok(!kept.includes(String(readKey(text)?.secret)))
  assert.ok(!kept.includes(text))
})

test('a secret that is not the one of its id is not known, nor is an id that is not there', async (t) => {
  const { keys } = await openKeys(t)
  const { key } = await keys.create({ kind: 'service' })
  const forged = { id: key.id, secret: newKeySecret().secret }
  await refuses(keys, printKey(forged), /^The API key is not known here\.$/)
  await refuses(keys, printKey(newKeySecret()), /^The API key is not known here\.$/)
  await refuses(keys, 'vp_half', /not a whole one/)
})

test('what is no key at all is for somebody else to look at', async (t) => {
  const { keys } = await openKeys(t)
  assert.equal(await keys.authenticate('eyJhbGciOiJSUzI1NiJ9.e30.c2ln'), undefined)
})

test('a key ends when it was said to, and not before', async (t) => {
  const { keys, clock } = await openKeys(t)
  const expiresAt = new Date(clock.now + 1000)
  const { text, key } = await keys.create({ kind: 'service', expiresAt })
  clock.now += 999
  assert.ok(await keys.authenticate(text))
  clock.now += 1
  await refuses(keys, text, /expired at 2026-11-22T12:00:01/)
  assert.equal(stateOf(key, clock.now), 'expired')
})

test('a revoked key is refused at once, by other processes too, and stays in the list', async (t) => {
  const { keys, records } = await openKeys(t)
  const { text, key } = await keys.create({ kind: 'service' })
  const elsewhere = new ApiKeys(records, [])
  assert.ok(await elsewhere.authenticate(text))
  const { revokedAt } = await keys.revoke(keyPrefix(key.id))
  await refuses(elsewhere, text, /was revoked at/)
  assert.equal((await keys.revoke(key.id)).revokedAt, revokedAt, 'twice changes nothing')
  const [listed] = await elsewhere.list()
  assert.ok(listed)
  assert.equal(stateOf(listed), 'revoked')
  assert.ok(!('hash' in listed))
})

test('what cannot be revoked is said to be no key', async (t) => {
  const { keys } = await openKeys(t)
  await assert.rejects(keys.revoke('vp_nobody'), ApiKeyError)
})

test('that there are keys is remembered when all of them are revoked', async (t) => {
  const { keys } = await openKeys(t)
  assert.equal(await keys.exist(), false)
  const { key } = await keys.create({ kind: 'service' })
  await keys.revoke(key.id)
  assert.equal(await keys.exist(), true)
})
