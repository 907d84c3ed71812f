import { WavError } from '../exceptions.ts'
import { Spool } from '../spool.ts'
import { toBytes } from './pcm.ts'
import { MAX_DATA_BYTES, WAV_HEADER_BYTES, wavHeader } from './wav.ts'

/** A WAV file in the making: its length stands in its first bytes, and is known only at the end. */
export class WavSpool implements AsyncDisposable {
  readonly sampleRate: number
  readonly #spool: Spool

  private constructor(spool: Spool, sampleRate: number) {
    this.#spool = spool
    this.sampleRate = sampleRate
  }

  static async create(folder: string, sampleRate: number): Promise<WavSpool> {
    return new WavSpool(await Spool.create(folder), sampleRate)
  }

  get samples(): number {
    return this.#spool.bytes / 2
  }

  /** Of the whole file, header included. */
  get bytes(): number {
    return WAV_HEADER_BYTES + this.#spool.bytes
  }

  get durationMs(): number {
    return Math.round((this.samples * 1000) / this.sampleRate)
  }

  async append(samples: Int16Array): Promise<void> {
    const bytes = toBytes(samples)
    if (this.#spool.bytes + bytes.length > MAX_DATA_BYTES) {
      throw new WavError(
        `A WAV file can not hold more than ${MAX_DATA_BYTES} bytes of sound; ask for a shorter text.`,
      )
    }
    await this.#spool.write(bytes)
  }

  /** The file as it is now, header first. */
  async *read(): AsyncGenerator<Uint8Array> {
    yield wavHeader(this.sampleRate, this.#spool.bytes)
    yield* this.#spool.read()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spool[Symbol.asyncDispose]()
  }
}
