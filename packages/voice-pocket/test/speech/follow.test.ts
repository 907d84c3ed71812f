import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { WavSpool } from '../../src/audio/wav-spool.ts'
import { SpeechGoneError } from '../../src/exceptions.ts'
import { followSpeech } from '../../src/speech/follow.ts'
import { SpeechFiles } from '../../src/speech/speech-files.ts'
import type { SpeechStatus } from '../../src/speech/speech-status.ts'
import { FilesystemStorage } from '../../src/storage/filesystem.ts'
import { collect } from '../collect.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const KEY = 'minji@example.com/one.wav'
const RATE = 8_000
const base = { uuid: 'one', taskId: 'task' }
const spoken = (done: number): SpeechStatus => ({
  ...base,
  state: 'PROGRESS',
  progress: { done, total: 3 },
  spokenKey: KEY,
})
const whole: SpeechStatus = { ...base, state: 'SUCCESS', key: KEY }

/** A second of this value. */
const part = (value: number) => new Int16Array(RATE).fill(value)

async function openFiles(t: TestContext) {
  const folder = await temporaryFolder(t)
  const storage = new FilesystemStorage(folder)
  const files = new SpeechFiles(storage, KEY)
  const timeline = { durationMs: 1000, sentences: [], marks: [] }
  return {
    storage,
    write: (index: number) => files.writePart(index, { samples: part(index + 1), timeline }, RATE),
    async finish() {
      await using spool = await WavSpool.create(folder, RATE)
      for (const index of [0, 1, 2]) await spool.append(part(index + 1))
      await files.write(spool, { durationMs: 3000, sentences: [], marks: [] })
      await files.deleteParts(3)
    },
  }
}

/** What was heard, as the values of its seconds; and that each lasts a second. */
async function heard(samples: AsyncIterable<Int16Array>): Promise<number[]> {
  const all = (await collect(samples)).flatMap((piece) => [...piece])
  assert.equal(all.length % RATE, 0)
  const seconds = Array.from({ length: all.length / RATE }, (_, second) =>
    all.slice(second * RATE, (second + 1) * RATE),
  )
  return seconds.map((second) => {
    assert.equal(new Set(second).size, 1)
    return Number(second[0])
  })
}

describe('followSpeech', () => {
  it('gives parts in their order, whatever the order they were spoken in, and then the rest of the whole', async (t) => {
    const { storage, write, finish } = await openFiles(t)
    async function* statuses() {
      yield { ...base, state: 'PENDING' } satisfies SpeechStatus
      await write(1)
      yield spoken(1)
      await write(0)
      yield spoken(2)
      await finish()
      yield whole
    }
    const sound = await followSpeech(statuses(), storage)
    assert.equal(sound.sampleRate, RATE)
    assert.deepEqual(await heard(sound.samples), [1, 2, 3])
  })

  it('gives all of what is whole already', async (t) => {
    const { storage, finish } = await openFiles(t)
    await finish()
    async function* statuses() {
      yield whole
    }
    assert.deepEqual(await heard((await followSpeech(statuses(), storage)).samples), [1, 2, 3])
  })

  it('goes on in the whole when the parts are gone before they were heard', async (t) => {
    const { storage, write, finish } = await openFiles(t)
    async function* statuses() {
      await write(0)
      yield spoken(1)
      await finish()
      yield spoken(2)
      yield whole
    }
    assert.deepEqual(await heard((await followSpeech(statuses(), storage)).samples), [1, 2, 3])
  })

  it('is as fast and as high as it should be also where another engine, at another rate, goes on', async (t) => {
    const { storage, write } = await openFiles(t)
    const files = new SpeechFiles(storage, KEY)
    const timeline = { durationMs: 1000, sentences: [], marks: [] }
    const finer = 2 * RATE
    async function* statuses() {
      await write(0)
      yield spoken(1)
      await files.writePart(1, { samples: new Int16Array(finer).fill(2000), timeline }, finer)
      yield spoken(2)
      await using spool = await WavSpool.create(await temporaryFolder(t), finer)
      for (const value of [1, 2000, 3000]) await spool.append(new Int16Array(finer).fill(value))
      await files.write(spool, { ...timeline, durationMs: 3000 })
      yield whole
    }
    const sound = await followSpeech(statuses(), storage)
    const all = (await collect(sound.samples)).flatMap((piece) => [...piece])
    assert.equal(all.length, 3 * sound.sampleRate)
    assert.deepEqual(
      [0.5, 1.5, 2.5].map((second) => all[second * RATE]),
      [1, 2000, 3000],
    )
  })

  it('says so when it ends without a sound, at the beginning and in the middle', async (t) => {
    const { storage, write } = await openFiles(t)
    const failed: SpeechStatus = { ...base, state: 'FAILURE', error: { title: 'Oh', detail: 'no' } }
    async function* atOnce() {
      yield { ...base, state: 'RETRY', error: { title: 'Disk', detail: 'full' } } satisfies SpeechStatus
      yield failed
    }
    await assert.rejects(followSpeech(atOnce(), storage), (error: Error) => {
      assert.ok(error instanceof SpeechGoneError)
      assert.match(error.message, /FAILURE \(Oh: no\)/)
      return true
    })
    async function* later() {
      await write(0)
      yield spoken(1)
      yield failed
    }
    const sound = await followSpeech(later(), storage)
    await assert.rejects(collect(sound.samples), SpeechGoneError)
  })

  it('leaves the statuses when nobody listens any more', async (t) => {
    const { storage, write } = await openFiles(t)
    const left = Promise.withResolvers<void>()
    async function* statuses() {
      try {
        await write(0)
        for (;;) yield spoken(1)
      } finally {
        left.resolve()
      }
    }
    const { samples } = await followSpeech(statuses(), storage)
    for await (const _ of samples) break
    await left.promise
  })
})
