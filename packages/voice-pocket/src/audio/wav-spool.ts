import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { WavError } from '../exceptions.ts'
import { toBytes } from './pcm.ts'
import { MAX_DATA_BYTES, WAV_HEADER_BYTES, wavHeader } from './wav.ts'

const CHUNK_BYTES = 64 * 1024

/**
 * A WAV file in the making, kept on the disk so that hours of speech need no more memory than one sentence.
 * Its length stands in its first bytes and is known only at the end; a storage can not go back, so the sound waits
 * here until it is complete. The file has no name: when the process dies, even by kill -9, it is gone.
 */
export class WavSpool implements AsyncDisposable {
  readonly sampleRate: number
  readonly #file: FileHandle
  #dataBytes = 0

  private constructor(file: FileHandle, sampleRate: number) {
    this.#file = file
    this.sampleRate = sampleRate
  }

  static async create(folder: string, sampleRate: number): Promise<WavSpool> {
    const path = join(folder, `voice-pocket-${randomUUID()}.pcm`)
    const file = await open(path, 'wx+', 0o600)
    await rm(path)
    return new WavSpool(file, sampleRate)
  }

  get samples(): number {
    return this.#dataBytes / 2
  }

  /** Of the whole file, header included. */
  get bytes(): number {
    return WAV_HEADER_BYTES + this.#dataBytes
  }

  get durationMs(): number {
    return Math.round((this.samples * 1000) / this.sampleRate)
  }

  async append(samples: Int16Array): Promise<void> {
    const bytes = toBytes(samples)
    if (this.#dataBytes + bytes.length > MAX_DATA_BYTES) {
      throw new WavError(
        `A WAV file can not hold more than ${MAX_DATA_BYTES} bytes of sound; ask for a shorter text.`,
      )
    }
    let written = 0
    while (written < bytes.length) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        written,
        bytes.length - written,
        this.#dataBytes + written,
      )
      written += bytesWritten
    }
    this.#dataBytes += bytes.length
  }

  /** The file as it is now, header first. */
  async *read(): AsyncGenerator<Uint8Array> {
    yield wavHeader(this.sampleRate, this.#dataBytes)
    for (let offset = 0; offset < this.#dataBytes; ) {
      const length = Math.min(CHUNK_BYTES, this.#dataBytes - offset)
      const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, offset)
      yield buffer.subarray(0, bytesRead)
      offset += bytesRead
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}
