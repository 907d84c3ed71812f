import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { type TestContext, test } from 'node:test'
import type { Records } from '../../src/records.ts'
import { RetentionPolicy } from '../../src/retention/policy.ts'
import { Sweeper } from '../../src/retention/sweeper.ts'
import { FilesystemStorage } from '../../src/storage/filesystem.ts'
import { folderOf, speechKey } from '../../src/storage/key.ts'
import type { ListedObject } from '../../src/storage/storage.ts'
import { openTestRecords } from '../access/records.ts'
import { silentLogger } from '../silent-logger.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const KEY = speechKey('kim@example.com', '2f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a10')

/** Several processes over one storage, in which all is a year old. */
async function open(t: TestContext) {
  const { records } = await openTestRecords(t)
  const storage = new FilesystemStorage(await temporaryFolder(t))
  const modifiedAt = new Date(Date.now() - 365 * 86_400_000)
  const listings: string[] = []
  const lines: string[] = []
  const said = Promise.withResolvers<void>()
  const old = {
    async *list(prefix: string): AsyncGenerator<ListedObject> {
      listings.push(prefix)
      for await (const object of storage.list(prefix)) yield { ...object, modifiedAt }
    },
    stat: async (key: string) => {
      const found = await storage.stat(key)
      return found && { ...found, modifiedAt }
    },
    delete: (key: string) => storage.delete(key),
  }
  const logger = {
    ...silentLogger,
    info: (_: object | string, line = '') => {
      lines.push(line)
      said.resolve()
    },
  }
  const policy = new RetentionPolicy(records, 60)
  const asked = new EventEmitter()
  const clock = { behindMs: 0 }
  const asking: Pick<Records, 'update' | 'now'> = {
    now: async () => (await records.now()) - clock.behindMs,
    async update(key, change) {
      const value = await records.update(key, change)
      asked.emit('lease')
      return value
    },
  }
  const sweeper = () => {
    const made = new Sweeper({ storage: old, policy, records: asking, intervalMs: 3_600_000, logger })
    t.after(() => made.stop())
    return made
  }
  return { storage, records, policy, sweeper, asked, clock, listings, lines, said: said.promise }
}

test('of several processes one sweeps, says so, and not again before its time', async (t) => {
  const { storage, sweeper, asked, listings, lines, said } = await open(t)
  await storage.write(KEY, Buffer.from('12345'))
  const sweepers = Array.from({ length: 4 }, sweeper)
  for (const each of sweepers) each.start()
  await said
  for (const each of sweepers) await each.stop()
  assert.deepEqual(lines, ['deleted old speech of kim@example.com: 1 files, 5 bytes'])
  assert.equal(await storage.stat(KEY), undefined)
  const later = sweeper()
  const refused = once(asked, 'lease')
  later.start()
  await refused
  await later.stop()
  assert.equal(listings.length, 1)
})

test('what is old is told by the clock of all, not by that of a machine which is a year ahead', async (t) => {
  const { storage, sweeper, asked, clock, lines } = await open(t)
  await storage.write(KEY, Buffer.from('12345'))
  clock.behindMs = 365 * 86_400_000
  const ahead = sweeper()
  const begun = once(asked, 'lease')
  ahead.start()
  await begun
  await once(asked, 'lease') // given back
  await ahead.stop()
  assert.deepEqual(lines, [])
  assert.notEqual(await storage.stat(KEY), undefined)
})

test('a sweep that is stopped in the middle ends, and the next process begins anew', async (t) => {
  const { storage, sweeper, asked, listings, said } = await open(t)
  await storage.write(KEY, Buffer.from('12345'))
  const stopped = sweeper()
  const begun = once(asked, 'lease')
  stopped.start()
  await begun
  await stopped.stop()
  await stopped.stop()
  assert.notEqual(await storage.stat(KEY), undefined)
  sweeper().start()
  await said
  assert.equal(listings.length, 2)
})

test('an owner may have a time of their own, in every process, until it is taken back', async (t) => {
  const { records, policy } = await open(t)
  const elsewhere = new RetentionPolicy(records, 60)
  const strange = 'Kim "the reader"@Example.com'
  await policy.set(strange, 0)
  await policy.set('lee@example.com', 5)
  assert.deepEqual(
    (await elsewhere.exceptions()).toSorted((a, b) => a.seconds - b.seconds),
    [
      { email: strange, seconds: 0 },
      { email: 'lee@example.com', seconds: 5 },
    ],
  )
  const of = await elsewhere.byFolder()
  assert.deepEqual([folderOf(strange), 'lee@example.com/', 'kim@example.com/'].map(of), [0, 5, 60])
  await elsewhere.reset(strange)
  assert.equal(await policy.secondsOf(strange), 60)
  assert.equal(await policy.secondsOf('lee@example.com'), 5)
})
