import { createHash } from 'node:crypto'
import { buffer, json } from 'node:stream/consumers'
import { toBytes } from '../audio/pcm.ts'
import { readWav, wavHeader } from '../audio/wav.ts'
import type { Engine } from '../engines/engine.ts'
import { StoredObjectNotFoundError } from '../exceptions.ts'
import type { Records } from '../records.ts'
import { cachedPartKey, captionsKey, folderOf } from '../storage/key.ts'
import type { Storage } from '../storage/storage.ts'
import { VERSION } from '../version.ts'
import type { Sentence } from './sentences.ts'
import { type Speaking, type SpokenPart, speakPart } from './speak.ts'
import { moved, type Timeline } from './timeline.ts'

export interface PartCacheOptions {
  readonly storage: Pick<Storage, 'write' | 'read' | 'delete'>
  readonly records: Records
  /** Of all sounds together; 0 keeps none. It may be exceeded by a twentieth for a while. */
  readonly maxBytes: number
  readonly now?: () => number
}

/** What is known of a part that is kept; the key of the record ends in that of the sound. */
interface KeptPart {
  readonly key: string
  readonly bytes: number
  /** Milliseconds since the epoch. */
  readonly usedAt: number
}

const PREFIX = 'cache/'
/** A use is noted when the last note is older: what matters is which parts nobody has used for days. */
const NOTE_USE_MS = 60 * 60 * 1000
const COUNT_WINDOW_MS = 365 * 24 * 60 * 60 * 1000

/**
 * What has been spoken once is not spoken again: parts are kept under a hash of everything that changes how they sound
 * or when their words are heard. Each owner has parts of their own, so that deleting a voice deletes all that was made
 * with it, and nobody learns from the time it takes what others have had spoken. When there are too many, those that
 * were not used for longest go.
 */
export class PartCache {
  readonly #storage: PartCacheOptions['storage']
  readonly #records: Records
  readonly #maxBytes: number
  readonly #now: () => number

  constructor({ storage, records, maxBytes, now = Date.now }: PartCacheOptions) {
    this.#storage = storage
    this.#records = records
    this.#maxBytes = maxBytes
    this.#now = now
  }

  /**
   * `speakPart` of somebody's voice. `isCurrent` is asked after a part was kept: what was spoken by a voice that was
   * deleted meanwhile is not.
   */
  of(owner: string, isCurrent: () => Promise<boolean>): typeof speakPart {
    return async (original, sentences, speaking) => {
      const { key, spoken } = await this.#speak(owner, original, sentences, speaking)
      if (key !== undefined) await this.#deleteUnless(key, isCurrent)
      return spoken
    }
  }

  /** `key` of what is kept from now on. */
  async #speak(
    owner: string,
    original: string,
    sentences: readonly Sentence[],
    speaking: Speaking,
  ): Promise<{ readonly spoken: SpokenPart; readonly key?: string }> {
    if (this.#maxBytes === 0) return { spoken: await speakPart(original, sentences, speaking) }
    const offset = sentences[0]?.start ?? 0
    const key = cachedPartKey(owner, identity(original, sentences, speaking.engine))
    const kept = await this.#find(key)
    if (kept !== undefined) {
      for (const _ of sentences) await speaking.onSentence?.()
      return { spoken: { ...kept, timeline: moved(kept.timeline, offset) } }
    }
    const spoken = await speakPart(original, sentences, speaking)
    await this.#keep(
      key,
      { ...spoken, timeline: moved(spoken.timeline, -offset) },
      speaking.engine.sampleRate,
    )
    return { spoken, key }
  }

  /** All that is kept of what was said in somebody's voice. */
  async forget(owner: string): Promise<void> {
    for (const { value } of await this.#records.list(PREFIX + folderOf(owner))) {
      await this.#delete((value as KeptPart).key)
    }
  }

  /** What has no record is not kept: it is being deleted, or being written. */
  async #find(key: string): Promise<SpokenPart | undefined> {
    const record = (await this.#records.get(PREFIX + key)) as KeptPart | undefined
    if (record === undefined) return undefined
    try {
      const timeline = (await json(await this.#storage.read(captionsKey(key)))) as Timeline
      const { samples } = readWav(await buffer(await this.#storage.read(key)))
      await this.#noteUse(record)
      return { samples, timeline }
    } catch (error) {
      if (error instanceof StoredObjectNotFoundError) return undefined
      throw error
    }
  }

  /**
   * Whoever deletes a voice first takes it away, then what it says here was spoken by it: all of that is here before
   * the voice is asked for.
   */
  async #deleteUnless(key: string, isCurrent: () => Promise<boolean>): Promise<void> {
    let isKept = false
    try {
      isKept = await isCurrent()
    } finally {
      if (!isKept) await this.#delete(key)
    }
  }

  /** The record first: what is in the storage has one, also when a process is killed here. */
  async #keep(key: string, { samples, timeline }: SpokenPart, sampleRate: number): Promise<void> {
    const sound = Buffer.concat([wavHeader(sampleRate, samples.byteLength), toBytes(samples)])
    const kept: KeptPart = { key, bytes: sound.length, usedAt: this.#now() }
    await this.#records.update(PREFIX + key, () => kept)
    await this.#storage.write(captionsKey(key), Buffer.from(JSON.stringify(timeline)))
    await this.#storage.write(key, sound)
    const step = this.#maxBytes / 20
    const { total } = await this.#records.count('cache-bytes', sound.length, COUNT_WINDOW_MS)
    if (Math.floor(total / step) > Math.floor((total - sound.length) / step)) await this.#makeRoom()
  }

  async #noteUse({ key, usedAt }: KeptPart): Promise<void> {
    const now = this.#now()
    if (usedAt > now - NOTE_USE_MS) return
    await this.#records.update(PREFIX + key, (value) => value && { ...(value as KeptPart), usedAt: now })
  }

  async #makeRoom(): Promise<void> {
    const kept = (await this.#records.list(PREFIX)).map(({ value }) => value as KeptPart)
    let bytes = kept.reduce((sum, part) => sum + part.bytes, 0)
    for (const part of kept.toSorted((one, other) => one.usedAt - other.usedAt)) {
      if (bytes <= this.#maxBytes) return
      await this.#delete(part.key)
      bytes -= part.bytes
    }
  }

  async #delete(key: string): Promise<void> {
    await this.#storage.delete(key)
    await this.#storage.delete(captionsKey(key))
    await this.#records.delete(PREFIX + key)
  }
}

/** For those who delete the sound of a part themselves, because of its age. */
export async function forgetPart(records: Pick<Records, 'update'>, key: string): Promise<void> {
  await records.update(PREFIX + key, () => undefined)
}

/** Everything that changes the sound or its times; also this program, whose rules may read the same text otherwise. */
function identity(original: string, sentences: readonly Sentence[], engine: Engine): string {
  const offset = sentences[0]?.start ?? 0
  const end = sentences.at(-1)?.end ?? offset
  const said = sentences.map(({ start, spoken, settings, sounds, marks, continues, pauseMs }) => [
    start - offset,
    spoken.text,
    spoken.words().map((word) => [word.text, word.start - offset, word.end - offset]),
    Object.entries(settings).toSorted(([one], [other]) => (one < other ? -1 : 1)),
    sounds,
    marks.map(({ name, at }) => [name, at - offset]),
    continues,
    pauseMs,
  ])
  const all = [
    VERSION,
    engine.name,
    engine.identity ?? '',
    engine.sampleRate,
    original.slice(offset, end),
    said,
  ]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex')
}
