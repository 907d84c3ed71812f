import assert from 'node:assert/strict'
import { buffer, json } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { readWav } from '../../src/audio/wav.ts'
import { StoredObjectNotFoundError } from '../../src/exceptions.ts'
import { joinParts } from '../../src/speech/join-parts.ts'
import { joined, SpeechFiles } from '../../src/speech/speech-files.ts'
import type { Timeline } from '../../src/speech/timeline.ts'
import { FilesystemStorage } from '../../src/storage/filesystem.ts'
import { captionsKey } from '../../src/storage/key.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const KEY = 'minji@example.com/one.wav'
const RATE = 8_000

function timelineOf(part: number): Timeline {
  const span = { startMs: 10, endMs: 900 }
  const word = { text: `${part}`, start: part, end: part + 1, ...span }
  const sentence = { ...word, words: [word], phonemes: [{ phoneme: 'a', ...span }], estimated: false }
  const marks = [{ name: `${part}`, at: part, ms: 20 }]
  return { durationMs: 1000 + part, sentences: part === 1 ? [] : [sentence, sentence], marks }
}

async function openParts(t: TestContext, lengths: readonly number[]) {
  const storage = new FilesystemStorage(await temporaryFolder(t))
  const files = new SpeechFiles(storage, KEY)
  for (const [index, length] of lengths.entries()) {
    const samples = new Int16Array(length).fill(index + 1)
    await files.writePart(index, { samples, timeline: timelineOf(index) }, RATE)
  }
  return storage
}

describe('joinParts', () => {
  it('makes one sound of all parts, in their order, and one timeline', async (t) => {
    const storage = await openParts(t, [3, 100_000, 0, 5])
    await joinParts(storage, KEY, 4)
    const { sampleRate, samples } = readWav(await buffer(await storage.read(KEY)))
    assert.equal(sampleRate, RATE)
    const expected = [3, 100_000, 0, 5].flatMap((length, index) => Array<number>(length).fill(index + 1))
    assert.deepEqual([...samples], expected)
    assert.deepEqual(
      await json(await storage.read(captionsKey(KEY))),
      structuredClone(joined([0, 1, 2, 3].map(timelineOf))),
    )
  })

  it('makes nothing when a part is missing', async (t) => {
    const storage = await openParts(t, [3, 3])
    await assert.rejects(joinParts(storage, KEY, 3), StoredObjectNotFoundError)
    assert.equal(await storage.stat(KEY), undefined)
  })

  it('makes nothing when it is to stop', async (t) => {
    const storage = await openParts(t, [3, 3])
    const reason = new Error('enough')
    await assert.rejects(joinParts(storage, KEY, 2, AbortSignal.abort(reason)), reason)
    assert.equal(await storage.stat(KEY), undefined)
  })
})
