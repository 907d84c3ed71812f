import { Application, createEncoder, type OpusEncoderHandle, type SampleRate } from 'libopus-wasm'
import { type AudioCodec, type AudioSample, CustomAudioEncoder, EncodedPacket } from 'mediabunny'

const FRAME_SECONDS = 0.02
/** Speech sounds the same from 5 up, and takes a third of the time that 10 takes. */
const COMPLEXITY = 5
/** Of the identification header, RFC 7845 section 5.1; it counts in samples at 48 kHz, whatever the rate is. */
const OPUS_CLOCK = 48_000

/** libopus behind Mediabunny's encoders, which have none of their own outside a browser. */
export class OpusEncoder extends CustomAudioEncoder {
  #encoder: OpusEncoderHandle | undefined
  #pending = new Int16Array(0)
  #frames = 0
  #samples = 0

  static override supports(codec: AudioCodec): boolean {
    return codec === 'opus'
  }

  override async init(): Promise<void> {
    const { sampleRate, bitrate } = this.config
    this.#encoder = await createEncoder({
      sampleRate: sampleRate as SampleRate,
      channels: 1,
      frameSize: sampleRate * FRAME_SECONDS,
      application: Application.Voip,
      complexity: COMPLEXITY,
      ...(bitrate !== undefined && { bitrate }),
    })
  }

  override encode(sample: AudioSample): void {
    const samples = new Int16Array(sample.numberOfFrames)
    sample.copyTo(samples, { planeIndex: 0, format: 's16' })
    this.#samples += samples.length
    this.#pending = joined(this.#pending, samples)
    this.#encodeWholeFrames()
  }

  /** What the encoder still holds back comes out behind silence. */
  override flush(): void {
    const { frameSize } = this.#open()
    const missing = this.#samples + this.#lookahead() - this.#frames * frameSize - this.#pending.length
    const frames = Math.ceil((this.#pending.length + missing) / frameSize)
    this.#pending = joined(this.#pending, new Int16Array(frames * frameSize - this.#pending.length))
    this.#encodeWholeFrames()
  }

  override close(): void {
    this.#encoder?.free()
    this.#encoder = undefined
  }

  #encodeWholeFrames(): void {
    const encoder = this.#open()
    const { frameSize } = encoder
    let at = 0
    for (; at + frameSize <= this.#pending.length; at += frameSize) {
      const packet = encoder.encode(this.#pending.subarray(at, at + frameSize))
      const timestamp = this.#frames * FRAME_SECONDS
      this.onPacket(
        new EncodedPacket(packet, 'key', timestamp, FRAME_SECONDS),
        this.#frames === 0 ? { decoderConfig: this.#decoderConfig() } : undefined,
      )
      this.#frames += 1
    }
    this.#pending = this.#pending.slice(at)
  }

  #decoderConfig() {
    const head = Buffer.alloc(19)
    head.write('OpusHead', 'latin1')
    head.writeUInt8(1, 8) // version
    head.writeUInt8(1, 9) // channels
    head.writeUInt16LE((this.#lookahead() * OPUS_CLOCK) / this.config.sampleRate, 10) // to be skipped
    head.writeUInt32LE(this.config.sampleRate, 12) // of the original
    return { codec: 'opus', numberOfChannels: 1, sampleRate: OPUS_CLOCK, description: head }
  }

  /** Samples by which what comes out is behind what went in. */
  #lookahead(): number {
    return this.#open().getLookahead()
  }

  #open(): OpusEncoderHandle {
    if (this.#encoder) return this.#encoder
    throw new Error('the Opus encoder is not open')
  }
}

function joined(one: Int16Array, two: Int16Array): Int16Array<ArrayBuffer> {
  const both = new Int16Array(one.length + two.length)
  both.set(one)
  both.set(two, one.length)
  return both
}
