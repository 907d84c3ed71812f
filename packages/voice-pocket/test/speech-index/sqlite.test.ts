import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { SqliteIndexStore } from '../../src/speech-index/sqlite.ts'
import { openSpeechIndex, SpeechIndex } from '../../src/speech-index.ts'
import { testSpeechIndex } from '../speech-index-conformance.ts'
import { temporaryFolder } from '../temporary-folder.ts'

testSpeechIndex('sqlite', async (t) => {
  const url = `sqlite:///${await temporaryFolder(t)}/index.sqlite`
  return {
    async open() {
      const index = await openSpeechIndex(url, { expires: 0, onConnectionError: assert.ifError })
      t.after(() => index.close())
      return index
    },
    async claimAndDie(uuid, milliseconds) {
      const store = new SqliteIndexStore(url, { expires: 0 })
      await store.claim(uuid, 'a process that is no more', milliseconds)
      await store.close()
    },
  }
})

test('after its time a uuid is forgotten, and not before', async (t) => {
  const url = `sqlite:///${await temporaryFolder(t)}/index.sqlite`
  let now = Date.now()
  const index = new SpeechIndex(new SqliteIndexStore(url, { expires: 60 }, () => now))
  t.after(() => index.close())
  const uuid = randomUUID()
  const parties = { requestFrom: 'a@example.com', requestTo: 'b@example.com' }
  await index.once(uuid, async () => 'task-1', parties)
  now += 59_999
  assert.deepEqual(await index.parties(uuid), parties)
  assert.deepEqual(await index.get(uuid), { task_id: 'task-1' })
  now += 1
  assert.equal(await index.get(uuid), undefined)
  assert.equal(await index.parties(uuid), undefined)
  assert.deepEqual(await index.once(uuid, async () => 'task-2'), { taskId: 'task-2', created: true })
  assert.equal(await index.parties(uuid), undefined)
})
