import assert from 'node:assert/strict'
import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type SweepOptions, sweep } from '../../src/retention/sweep.ts'
import { FilesystemStorage } from '../../src/storage/filesystem.ts'
import {
  cachedPartKey,
  captionsKey,
  encodingKey,
  originalKey,
  partKey,
  recordingKey,
  scriptKey,
  speechKey,
  voiceKey,
} from '../../src/storage/key.ts'
import { collect } from '../collect.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const KIM = 'kim@example.com'
const OLD = speechKey(KIM, '2f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a10')
const NEW = speechKey(KIM, '3f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a10')
const DAY = 24 * 60 * 60
const NOW = new Date('2030-01-31T00:00:00Z')

const mp3Of = (sound: string) => encodingKey(sound, { generation: '1', extension: 'mp3' })
const allOf = (sound: string) => [
  sound,
  captionsKey(sound),
  mp3Of(sound),
  encodingKey(sound, { generation: '1', extension: 'wav', sampleRate: 8_000 }),
]
const VOICE = [voiceKey(KIM), recordingKey(KIM, 'one'), originalKey(KIM, 'one')]

/** Files by key and age in days. */
async function open(t: TestContext, ages: Readonly<Record<string, number>>) {
  const storage = new FilesystemStorage(await temporaryFolder(t))
  for (const [key, days] of Object.entries(ages)) {
    await storage.write(key, Buffer.from('12345'))
    const at = new Date(NOW.getTime() - days * DAY * 1000)
    await utimes(join(storage.root, key), at, at)
  }
  const keys = async () => (await collect(storage.list())).map(({ key }) => key).toSorted()
  const sweepAll = (options: Partial<SweepOptions> = {}) =>
    sweep(storage, { retentionOf: () => 30 * DAY, now: NOW, ...options })
  return { storage, keys, sweepAll }
}

const aged = (keys: readonly string[], days: number) => Object.fromEntries(keys.map((key) => [key, days]))

test('what is older goes with all that was made of it; what is younger, voices and recordings stay', async (t) => {
  const young = [...allOf(NEW), ...VOICE]
  const { keys, sweepAll } = await open(t, {
    ...aged(allOf(OLD), 31),
    ...aged(allOf(NEW), 29),
    ...aged(VOICE, 999),
  })
  assert.deepEqual(await sweepAll(), [{ folder: `${KIM}/`, files: 4, bytes: 20, failures: [] }])
  assert.deepEqual(await keys(), young.toSorted())
  assert.deepEqual(await sweepAll(), [])
})

test('the age is that of the sound: an mp3 that was made yesterday goes with it', async (t) => {
  const { keys, sweepAll } = await open(t, { [OLD]: 31, [mp3Of(OLD)]: 1 })
  await sweepAll()
  assert.deepEqual(await keys(), [])
})

test('captions without a sound may be of one that is written now', async (t) => {
  const { keys, sweepAll } = await open(t, { [captionsKey(OLD)]: 31, [captionsKey(NEW)]: 1 })
  await sweepAll()
  assert.deepEqual(await keys(), [captionsKey(NEW)])
})

test('0 seconds keep speech for ever, and the parts of dead requests for a week', async (t) => {
  const dead = [partKey(OLD, 0), captionsKey(partKey(OLD, 0)), scriptKey(OLD)]
  const { keys, sweepAll } = await open(t, {
    ...aged(dead, 8),
    [partKey(NEW, 0)]: 6,
    [speechKey(KIM, NEW.slice(16, 52))]: 999,
  })
  await sweepAll({ retentionOf: () => 0 })
  assert.deepEqual(await keys(), [partKey(NEW, 0), NEW].toSorted())
})

test('a text that is still spoken keeps its first parts, however old they are', async (t) => {
  const { keys, sweepAll } = await open(t, { [partKey(OLD, 0)]: 40, [partKey(OLD, 1)]: 0.5 })
  assert.deepEqual(await sweepAll({ retentionOf: () => 60 }), [])
  assert.equal((await keys()).length, 2)
  await sweepAll({ retentionOf: () => 60, now: new Date(NOW.getTime() + DAY * 1000) })
  assert.deepEqual(await keys(), [])
})

test('parts that were kept so as not to be spoken again are speech as well', async (t) => {
  const cached = [cachedPartKey(KIM, 'a'.repeat(64)), cachedPartKey(KIM, 'b'.repeat(64))] as const
  const { keys, sweepAll } = await open(t, { [cached[0]]: 31, [cached[1]]: 29 })
  await sweepAll()
  assert.deepEqual(await keys(), [cached[1]])
})

test('each owner has a time of their own, and one can be swept alone', async (t) => {
  const other = speechKey('lee@example.com', '2f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a10')
  const { keys, sweepAll } = await open(t, { [OLD]: 2, [other]: 2 })
  const retentionOf = (folder: string) => (folder === `${KIM}/` ? DAY : 3 * DAY)
  await sweepAll({ retentionOf: () => DAY, folder: 'nobody@example.com/' })
  assert.equal((await keys()).length, 2)
  await sweepAll({ retentionOf })
  assert.deepEqual(await keys(), [other])
})

test('what nobody here has written is nobody’s to delete', async (t) => {
  const foreign = ['notes.wav', 'kim@example.com/song.wav', `deep/${OLD}`, `${OLD}.backup/x`]
  const { keys, sweepAll } = await open(t, aged(foreign, 999))
  assert.deepEqual(await sweepAll(), [])
  assert.deepEqual(await keys(), foreign.toSorted())
})

test('a dry run tells the same and deletes nothing', async (t) => {
  const { keys, sweepAll } = await open(t, aged(allOf(OLD), 31))
  assert.deepEqual(await sweepAll({ dryRun: true }), [
    { folder: `${KIM}/`, files: 4, bytes: 20, failures: [] },
  ])
  assert.equal((await keys()).length, 4)
})

test('what is replaced after it was listed stays, with all that belongs to it', async (t) => {
  const { storage, keys, sweepAll } = await open(t, aged(allOf(OLD), 31))
  const stat = storage.stat.bind(storage)
  storage.stat = async (key) => {
    if (key === OLD) await storage.write(OLD, Buffer.from('spoken anew'))
    return stat(key)
  }
  assert.deepEqual(await sweepAll(), [])
  assert.equal((await keys()).length, 4)
})

test('a file that cannot be deleted is told of, and stops nothing else', async (t) => {
  const { storage, keys, sweepAll } = await open(t, { [OLD]: 31, [NEW]: 31 })
  const refuse = storage.delete.bind(storage)
  const error = new Error('no')
  storage.delete = async (key) => {
    if (key === OLD) throw error
    return refuse(key)
  }
  assert.deepEqual(await sweepAll(), [{ folder: `${KIM}/`, files: 1, bytes: 5, failures: [error] }])
  assert.deepEqual(await keys(), [OLD])
})
