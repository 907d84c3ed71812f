import { toBytes } from '../pcm.ts'
import { WAV_HEADER_BYTES, wavHeader } from '../wav.ts'
import type { AudioFormat, SoundWriter, WriterOptions } from './format.ts'

/** RIFF, for a stream whose length nobody knows yet: what is there is all there is. */
const UNKNOWN_SIZE = 0xffff_ffff

export const wav: AudioFormat = {
  name: 'wav',
  contentType: 'audio/wav',
  extension: 'wav',
  sampleRates: [],
  open: async (options) => new PlainWriter(options, true),
}

/** Samples and nothing else: 16 bits, little-endian, mono. Whoever plays it has to know the rate. */
export const pcm: AudioFormat = {
  name: 'pcm',
  contentType: 'audio/pcm',
  extension: 'pcm',
  sampleRates: [],
  open: async (options) => new PlainWriter(options, false),
}

class PlainWriter implements SoundWriter {
  readonly #options: WriterOptions
  readonly #hasHeader: boolean
  #position = 0

  constructor(options: WriterOptions, hasHeader: boolean) {
    this.#options = options
    this.#hasHeader = hasHeader
  }

  async add(samples: Int16Array): Promise<void> {
    await this.#begin()
    const bytes = toBytes(samples)
    await this.#options.write(bytes, this.#position)
    this.#position += bytes.length
  }

  async finish(): Promise<void> {
    await this.#begin()
    const { live, sampleRate, write } = this.#options
    if (this.#hasHeader && !live) await write(wavHeader(sampleRate, this.#position - WAV_HEADER_BYTES), 0)
  }

  async cancel(): Promise<void> {}

  async #begin(): Promise<void> {
    if (!this.#hasHeader || this.#position > 0) return
    const header = Buffer.from(wavHeader(this.#options.sampleRate, 0))
    header.writeUInt32LE(UNKNOWN_SIZE, 4)
    header.writeUInt32LE(UNKNOWN_SIZE, WAV_HEADER_BYTES - 4)
    this.#position = WAV_HEADER_BYTES
    await this.#options.write(header, 0)
  }
}
