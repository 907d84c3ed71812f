import type { TestContext } from 'node:test'
import { SqliteRecordStore } from '../../src/records/sqlite.ts'
import { Records } from '../../src/records.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** Records of this test alone. `url` is for another process. */
export async function openTestRecords(t: TestContext) {
  const url = `sqlite:///${await temporaryFolder(t)}/index.sqlite`
  const records = new Records(new SqliteRecordStore(url))
  t.after(() => records.close())
  return { records, url }
}
