import {
  type AudioCodec,
  AudioSample,
  AudioSampleSource,
  Output,
  type OutputFormat,
  StreamTarget,
  type StreamTargetChunk,
} from 'mediabunny'
import type { SoundWriter, WriterOptions } from './format.ts'

/** How Mediabunny is asked for one kind of file. */
export interface OutputKind {
  readonly codec: AudioCodec
  /** Left out where nothing is lost. */
  readonly bitrate?: number
  container(live: boolean): OutputFormat
}

/** Samples through one of Mediabunny's encoders into one of its containers. */
export class OutputWriter implements SoundWriter {
  readonly #output: Output
  readonly #source: AudioSampleSource
  readonly #sampleRate: number
  #samples = 0

  static async open(
    { codec, bitrate, container }: OutputKind,
    options: WriterOptions,
  ): Promise<OutputWriter> {
    const wanted = options.bitrate ?? bitrate
    const source = new AudioSampleSource({
      codec,
      ...(bitrate !== undefined && wanted !== undefined && { bitrate: wanted }),
    })
    const writer = new OutputWriter(container(options.live), source, options)
    await writer.#output.start()
    return writer
  }

  private constructor(format: OutputFormat, source: AudioSampleSource, { sampleRate, write }: WriterOptions) {
    const sink = new WritableStream<StreamTargetChunk>({
      write: ({ data, position }) => write(data, position),
    })
    this.#output = new Output({ format, target: new StreamTarget(sink) })
    this.#output.addAudioTrack(source)
    this.#source = source
    this.#sampleRate = sampleRate
  }

  async add(samples: Int16Array): Promise<void> {
    if (samples.length === 0) return
    using sample = new AudioSample({
      data: samples,
      format: 's16',
      numberOfChannels: 1,
      sampleRate: this.#sampleRate,
      timestamp: this.#samples / this.#sampleRate,
    })
    this.#samples += samples.length
    await this.#source.add(sample)
  }

  async finish(): Promise<void> {
    await this.#output.finalize()
  }

  async cancel(): Promise<void> {
    if (this.#output.state === 'started') await this.#output.cancel()
  }
}
