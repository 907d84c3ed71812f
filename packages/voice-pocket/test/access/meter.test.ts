import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Meter } from '../../src/access/meter.ts'
import { parseQuotas } from '../../src/access/quota.ts'
import { QuotaExceededError } from '../../src/exceptions.ts'
import { serviceUrl } from '../service-url.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { openTestRecords } from './records.ts'

const run = promisify(execFile)
const SPEND = fileURLToPath(import.meta.resolve('./spend.ts'))

/** Three processes at once take 7 each time out of 300. */
async function grantedTogether(url: string): Promise<number> {
  const args = [SPEND, url, randomUUID(), '300', '7']
  const outputs = await Promise.all([1, 2, 3].map(() => run(process.execPath, args)))
  return outputs.reduce((sum, { stdout }) => sum + Number(stdout), 0)
}

test('three processes together grant what one would: SQLite', async (t) => {
  const url = `sqlite:///${await temporaryFolder(t)}/index.sqlite`
  assert.equal(await grantedTogether(url), 42)
})

const redis = serviceUrl('REDIS_URL')
const skip = redis === undefined && 'no REDIS_URL: npm test starts a Redis'
test('three processes together grant what one would: Redis', { skip }, async () => {
  assert.equal(await grantedTogether(String(redis)), 42)
})

test('what is left and when there is more is known after each spending', async (t) => {
  const { records } = await openTestRecords(t)
  const quotas = parseQuotas('requests=2/minute,characters=10/day') ?? []
  const first = new Meter(records, 'minji', quotas)
  assert.equal(first.standings.length, 0)
  await first.spend('requests', 1)
  await first.spend('characters', 4)
  const remaining = first.standings.map(({ quota, remaining }) => [quota.unit, remaining])
  assert.deepEqual(remaining, [
    ['requests', 1],
    ['characters', 6],
  ])
  const second = new Meter(records, 'minji', quotas)
  await second.spend('requests', 1)
  await assert.rejects(new Meter(records, 'minji', quotas).spend('requests', 1), (error) => {
    assert.ok(error instanceof QuotaExceededError)
    assert.ok(error.retryAfterSeconds > 0 && error.retryAfterSeconds <= 60)
    return true
  })
  await new Meter(records, 'somebody else', quotas).spend('requests', 1)
})

test('what is refused is not taken from what is left', async (t) => {
  const { records } = await openTestRecords(t)
  const meter = new Meter(records, 'minji', parseQuotas('characters=10/day') ?? [])
  await meter.spend('characters', 6)
  await assert.rejects(
    meter.spend('characters', 5),
    /has 4 of 10 characters left, and this takes 5; try again/,
  )
  await meter.spend('characters', 4)
  await assert.rejects(meter.spend('characters', 11), /send less at once/)
})
