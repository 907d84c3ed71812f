import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createClient } from '@redis/client'
import { RecordsUnavailableError } from '../../src/exceptions.ts'
import { openRecords } from '../../src/records.ts'
import { testRecords } from '../records-conformance.ts'
import { serviceUrl } from '../service-url.ts'

const url = serviceUrl('REDIS_URL')

if (url === undefined) {
  test('records: redis', { skip: 'no REDIS_URL: npm test starts a Redis' }, () => {})
} else {
  testRecords('redis', async (t) => async () => {
    const records = await openRecords(url, { onConnectionError: (error) => t.diagnostic(error.message) })
    t.after(() => records.close())
    return records
  })

  test('Redis itself forgets a counter, and a key of somebody else is an error, not a crash', async (t) => {
    const client = await createClient({ url }).connect()
    t.after(() => client.close())
    const records = await openRecords(url, { onConnectionError: assert.ifError })
    t.after(() => records.close())
    const key = randomUUID()
    await records.count(key, 1, 50_000)
    const left = await client.pTTL(`voice-pocket:count:${key}`)
    assert.ok(left > 40_000 && left <= 50_000, String(left))
    await client.set(`voice-pocket:record:${key}`, 'no hash')
    await assert.rejects(records.get(key), RecordsUnavailableError)
    await client.del(`voice-pocket:record:${key}`)
  })
}

test('an address where no Redis is gives an error that says what to do', async () => {
  await assert.rejects(
    openRecords('redis://user:secret@127.0.0.1:1/0', { onConnectionError: () => {} }),
    (error: Error) => {
      assert.ok(error instanceof RecordsUnavailableError)
      assert.match(error.message, /redis:\/\/user:\*\*@127\.0\.0\.1:1\/0.*VOICE_POCKET_INDEX/)
      return true
    },
  )
})
