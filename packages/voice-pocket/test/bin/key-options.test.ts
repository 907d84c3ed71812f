import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KeyOptions, readKeyOptions } from '../../src/bin/key-options.ts'
import { ApiKeyError } from '../../src/exceptions.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')

test('what was typed becomes a key to be made', () => {
  const typed = {
    user: 'minji@example.com',
    name: 'Minji',
    expires: '1d',
    quota: ['requests=5/day', 'characters=9/hour'],
    maxPriority: '7',
  }
  assert.deepEqual(readKeyOptions(typed, NOW), {
    kind: 'user',
    email: 'minji@example.com',
    name: 'Minji',
    expiresAt: new Date('2026-11-23T12:00:00Z'),
    quotas: [
      { unit: 'requests', limit: 5, windowSeconds: 86_400 },
      { unit: 'characters', limit: 9, windowSeconds: 3_600 },
    ],
    maxPriority: 7,
  })
  const service = readKeyOptions({ service: true }, NOW)
  assert.deepEqual(
    [service.kind, service.email, service.expiresAt, service.quotas],
    ['service', undefined, undefined, undefined],
  )
  assert.deepEqual(readKeyOptions({ service: true, quota: ['none'] }, NOW).quotas, [])
})

test('what cannot be followed is named, with the rule', () => {
  const wrong: [KeyOptions, RegExp][] = [
    [{}, /either --service.* or --user/],
    [{ service: true, user: 'minji@example.com' }, /either --service.* or --user/],
    [{ user: 'minji' }, /--user is minji, but must be an e-mail address/],
    [{ service: true, expires: 'yesterday' }, /--expires is yesterday, but must be a time to come/],
    [{ service: true, expires: '2020-01-01' }, /--expires is 2020-01-01/],
    [{ service: true, maxPriority: '10' }, /--max-priority is 10, but must be a whole number from 0 to 9/],
    [{ service: true, maxPriority: '-1' }, /--max-priority is -1/],
    [{ service: true, quota: ['many'] }, /--quota is many, but must be none, or a list/],
    [{ service: true, quota: ['none', 'requests=1/day'] }, /--quota is none requests=1\/day/],
  ]
  for (const [options, why] of wrong) {
    assert.throws(
      () => readKeyOptions(options, NOW),
      (error) => error instanceof ApiKeyError && why.test(error.message),
      String(why),
    )
  }
})
