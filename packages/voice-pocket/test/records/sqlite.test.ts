import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SqliteRecordStore } from '../../src/records/sqlite.ts'
import { openRecords, Records } from '../../src/records.ts'
import { testRecords } from '../records-conformance.ts'
import { temporaryFolder } from '../temporary-folder.ts'

testRecords('sqlite', async (t) => {
  const url = `sqlite:///${await temporaryFolder(t)}/index.sqlite`
  return async () => {
    const records = await openRecords(url, { onConnectionError: assert.ifError })
    t.after(() => records.close())
    return records
  }
})

test('a counter begins anew when its window is over, and not before', async (t) => {
  let now = 1_000_000
  const store = new SqliteRecordStore(`sqlite:///${await temporaryFolder(t)}/index.sqlite`, () => now)
  const records = new Records(store)
  t.after(() => records.close())
  await records.count('key', 1, 60_000)
  now += 59_999
  assert.deepEqual(await records.count('key', 1, 60_000), { total: 2, resetsInMs: 1 })
  now += 1
  assert.deepEqual(await records.count('key', 1, 60_000), { total: 1, resetsInMs: 60_000 })
})
