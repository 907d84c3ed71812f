import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { StoredObjectNotFoundError, VoiceProfileError } from '../../src/exceptions.ts'
import { FilesystemStorage } from '../../src/storage/filesystem.ts'
import { voiceKey } from '../../src/storage/key.ts'
import { DEFAULT_VOICE } from '../../src/voices/voice.ts'
import { VoiceStore } from '../../src/voices/voice-store.ts'

const KIM = 'kim@example.com'

describe('VoiceStore', () => {
  let folder: string
  let storage: FilesystemStorage
  let voices: VoiceStore

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voice-pocket-voices-'))
    storage = new FilesystemStorage(folder)
    voices = new VoiceStore(storage)
  })

  afterEach(() => rm(folder, { recursive: true }))

  it('has no voice for a stranger', async () => {
    assert.equal(await voices.isSet(KIM), false)
    await assert.rejects(voices.load(KIM), StoredObjectNotFoundError)
  })

  it('remembers the voice it was given', async () => {
    const voice = { ...DEFAULT_VOICE, name: 'f2', pitch: 1.2 }
    await voices.addSynth(KIM, voice)
    assert.equal(await voices.isSet(KIM), true)
    assert.equal(await voices.isSet('kim@example.org'), false)
    assert.deepEqual(await voices.load(KIM), voice)
  })

  it('never replaces a voice that is set', async () => {
    await voices.addSynth(KIM, { ...DEFAULT_VOICE, name: 'f2' })
    await voices.addSynth(KIM, { ...DEFAULT_VOICE, name: 'm3' })
    assert.equal((await voices.load(KIM)).name, 'f2')
  })

  it('gives everybody the same voice when many add it at once', async () => {
    const stores = Array.from({ length: 10 }, () => new VoiceStore(new FilesystemStorage(folder)))
    const loaded = await Promise.all(
      stores.map(async (store, index) => {
        await store.addSynth(KIM, { ...DEFAULT_VOICE, rate: 1 + index / 10 })
        return store.load(KIM)
      }),
    )
    for (const voice of loaded) assert.deepEqual(voice, loaded[0])
  })

  it('refuses to write a voice that has no meaning', async () => {
    await assert.rejects(voices.addSynth(KIM, { ...DEFAULT_VOICE, rate: Number.NaN }))
    assert.equal(await voices.isSet(KIM), false)
  })

  it('says which file is broken', async () => {
    for (const content of ['', '{', '{"version":2}', '{"version":1,"voice":{"name":"f2"}}']) {
      await storage.write(voiceKey(KIM), Buffer.from(content))
      await assert.rejects(voices.load(KIM), (error) => {
        assert.ok(error instanceof VoiceProfileError)
        assert.match(error.message, /kim@example\.com\/voice\.json .*delete it/)
        return true
      })
    }
  })
})
