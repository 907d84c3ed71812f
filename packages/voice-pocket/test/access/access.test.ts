import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertMayActFor, type Caller, mayActFor, OPEN_CALLER } from '../../src/access/access.ts'
import { ForbiddenError } from '../../src/exceptions.ts'

const user: Caller = { kind: 'user', id: 'key 1', emails: ['minji@example.com'] }

test('a service and an open API act for anybody', () => {
  const service: Caller = { kind: 'service', id: 'key 2', emails: 'any' }
  for (const caller of [OPEN_CALLER, service]) assert.ok(mayActFor(caller, 'minji@example.com'))
})

test('a user acts for their own address, and no other that looks like it', () => {
  assert.ok(mayActFor(user, 'minji@example.com'))
  const others = ['minho@example.com', 'minji@example.com.kr', 'minji@example.co', 'x.minji@example.com', '']
  for (const other of others) assert.equal(mayActFor(user, other), false, other)
})

test('upper and lower case are the same in a domain, and not before the @', () => {
  assert.ok(mayActFor(user, 'minji@Example.COM'))
  assert.equal(mayActFor(user, 'Minji@example.com'), false)
})

test('an address with a star is one address, and no pattern', () => {
  assert.equal(mayActFor({ emails: ['*@example.com'] }, 'minji@example.com'), false)
  assert.equal(mayActFor({ emails: ['*'] }, 'minji@example.com'), false)
})

test('who may act for nobody has no address', () => {
  assert.equal(mayActFor({ emails: [] }, ''), false)
})

test('a refusal says who asked, for whom they may, and what would help', () => {
  assert.doesNotThrow(() => assertMayActFor(user, 'minji@example.com'))
  assert.throws(
    () => assertMayActFor(user, 'minho@example.com'),
    (error) =>
      error instanceof ForbiddenError &&
      /key 1 may act for minji@example.com, and not for minho@example.com; use/.test(error.message),
  )
})
