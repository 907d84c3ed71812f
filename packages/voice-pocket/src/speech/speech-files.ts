import { toBytes } from '../audio/pcm.ts'
import { wavHeader } from '../audio/wav.ts'
import type { WavSpool } from '../audio/wav-spool.ts'
import { captionsKey, partKey } from '../storage/key.ts'
import type { Storage } from '../storage/storage.ts'
import { untilAborted } from './join-parts.ts'
import type { SpokenPart } from './speak.ts'
import { later, type TimedMark, type Timeline } from './timeline.ts'

export interface SpokenFile {
  readonly key: string
  readonly durationMs: number
  readonly sampleRate: number
  readonly bytes: number
  readonly timeline: Timeline
}

/**
 * The files of one speech in the storage: the sound under its key, its times beside it, and, until it is whole, the
 * parts that are spoken already. A sound that is there has its times there, too.
 */
export class SpeechFiles {
  readonly key: string
  readonly #storage: Pick<Storage, 'write' | 'delete'>

  constructor(storage: Pick<Storage, 'write' | 'delete'>, key: string) {
    this.#storage = storage
    this.key = key
  }

  async writePart(index: number, { samples, timeline }: SpokenPart, sampleRate: number): Promise<void> {
    const key = partKey(this.key, index)
    const bytes = toBytes(samples)
    await this.#storage.write(captionsKey(key), asJson(timeline))
    await this.#storage.write(key, Buffer.concat([wavHeader(sampleRate, bytes.length), bytes]))
  }

  async write(spool: WavSpool, timeline: Timeline, signal?: AbortSignal): Promise<SpokenFile> {
    signal?.throwIfAborted()
    await this.#storage.write(captionsKey(this.key), asJson(timeline))
    await this.#storage.write(this.key, untilAborted(spool.read(), signal))
    const { durationMs, sampleRate, bytes } = spool
    return { key: this.key, durationMs, sampleRate, bytes, timeline }
  }

  /** When the sound is whole, or never will be. */
  async deleteParts(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const key = partKey(this.key, index)
      await this.#storage.delete(key)
      await this.#storage.delete(captionsKey(key))
    }
  }
}

/** One timeline of sounds that follow each other. */
export function joined(timelines: readonly Timeline[]): Timeline {
  let durationMs = 0
  const marks: TimedMark[] = []
  const sentences = timelines.flatMap((timeline) => {
    const begins = durationMs
    durationMs += timeline.durationMs
    marks.push(...timeline.marks.map((mark) => ({ ...mark, ms: mark.ms + begins })))
    return timeline.sentences.map((sentence) => later(sentence, begins))
  })
  return { durationMs, sentences, marks }
}

function asJson(timeline: Timeline): Uint8Array {
  return Buffer.from(JSON.stringify(timeline))
}
