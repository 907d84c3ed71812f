import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseExpiry } from '../../src/access/expiry.ts'
import { parseQuotas, printQuotas } from '../../src/access/quota.ts'

test('quotas are read as they are printed', () => {
  const text = 'requests=60/minute,characters=100000/day,requests=5/second,characters=1/hour'
  assert.equal(printQuotas(parseQuotas(text) ?? []), text)
  assert.deepEqual(parseQuotas('characters=100000/day'), [
    { unit: 'characters', limit: 100_000, windowSeconds: 86_400 },
  ])
  assert.deepEqual(parseQuotas('none'), [])
  assert.equal(printQuotas([]), 'none')
})

test('anything else is no quota', () => {
  const wrong = [
    '',
    '60',
    'requests=0/day',
    'requests=-1/day',
    'requests=1.5/day',
    'bytes=1/day',
    'requests=1/year',
  ]
  for (const text of [...wrong, 'requests=1/day,', 'requests=1', 'none,none', 'requests=1e3/day']) {
    assert.equal(parseQuotas(text), undefined, text)
  }
})

test('the end of a key is a span from now, or a time to come', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  const expiry = (text: string) => parseExpiry(text, now)?.toISOString()
  assert.equal(expiry('12h'), '2026-11-23T00:00:00.000Z')
  assert.equal(expiry('90d'), '2027-02-20T12:00:00.000Z')
  assert.equal(expiry('2w'), '2026-12-06T12:00:00.000Z')
  assert.equal(expiry('1y'), '2027-11-22T12:00:00.000Z')
  assert.equal(expiry('2027-01-31'), '2027-01-31T00:00:00.000Z')
  assert.equal(expiry('2027-01-31T18:00:00+09:00'), '2027-01-31T09:00:00.000Z')
  for (const wrong of ['', '0d', '5', '5m', 'tomorrow', '2020-01-01', '2027-13-01', '2026-11-22']) {
    assert.equal(expiry(wrong), undefined, wrong)
  }
})
