import { json } from 'node:stream/consumers'
import { toBytes } from '../audio/pcm.ts'
import { wavSound } from '../audio/sound.ts'
import { wavHeader } from '../audio/wav.ts'
import { WavSpool } from '../audio/wav-spool.ts'
import { captionsKey, partKey } from '../storage/key.ts'
import type { Storage } from '../storage/storage.ts'
import type { SpokenPart } from './speak.ts'
import { later, type Timeline } from './timeline.ts'

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
  readonly #storage: Pick<Storage, 'write' | 'read' | 'delete'>

  constructor(storage: Pick<Storage, 'write' | 'read' | 'delete'>, key: string) {
    this.#storage = storage
    this.key = key
  }

  async writePart(index: number, { samples, timeline }: SpokenPart, sampleRate: number): Promise<void> {
    const key = partKey(this.key, index)
    const bytes = toBytes(samples)
    await this.#storage.write(captionsKey(key), asJson(timeline))
    await this.#storage.write(key, Buffer.concat([wavHeader(sampleRate, bytes.length), bytes]))
  }

  /** All parts become the one sound; what is in memory of it is one part. `scratch` is a folder for what is unfinished. */
  async join(count: number, scratch: string, signal?: AbortSignal): Promise<SpokenFile> {
    const timelines: Timeline[] = []
    await using parts = new AsyncDisposableStack()
    let spool: WavSpool | undefined
    for (let index = 0; index < count; index++) {
      signal?.throwIfAborted()
      const key = partKey(this.key, index)
      timelines.push(await this.#timeline(key))
      const { sampleRate, samples } = await wavSound(await this.#storage.read(key))
      spool ??= parts.use(await WavSpool.create(scratch, sampleRate))
      for await (const piece of samples) await spool.append(piece)
    }
    if (spool === undefined) throw new RangeError('a speech has at least one part')
    return await this.write(spool, joined(timelines), signal)
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

  async #timeline(key: string): Promise<Timeline> {
    return (await json(await this.#storage.read(captionsKey(key)))) as Timeline
  }
}

/** One timeline of sounds that follow each other. */
export function joined(timelines: readonly Timeline[]): Timeline {
  let durationMs = 0
  const sentences = timelines.flatMap((timeline) => {
    const begins = durationMs
    durationMs += timeline.durationMs
    return timeline.sentences.map((sentence) => later(sentence, begins))
  })
  return { durationMs, sentences }
}

function asJson(timeline: Timeline): Uint8Array {
  return Buffer.from(JSON.stringify(timeline))
}

async function* untilAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk
    signal?.throwIfAborted()
  }
}
