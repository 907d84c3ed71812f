import { type ChannelCount, createDecoder, type OpusDecoderHandle } from 'libopus-wasm'
import { type AudioCodec, AudioSample, CustomAudioDecoder, type EncodedPacket } from 'mediabunny'

/** Opus can be decoded at this rate whatever it was made from. */
const SAMPLE_RATE = 48_000

/** libopus behind Mediabunny's decoders, which have none of their own outside a browser. */
export class OpusDecoder extends CustomAudioDecoder {
  #decoder: OpusDecoderHandle | undefined

  static override supports(codec: AudioCodec, { numberOfChannels }: AudioDecoderConfig): boolean {
    return codec === 'opus' && numberOfChannels <= 2
  }

  override async init(): Promise<void> {
    const channels = this.config.numberOfChannels as ChannelCount
    this.#decoder = await createDecoder({ sampleRate: SAMPLE_RATE, channels })
  }

  override decode({ data, timestamp }: EncodedPacket): void {
    const samples = this.#decoder?.decodeFloat(data)
    if (samples === undefined || samples.length === 0) return
    this.onSample(
      new AudioSample({
        data: samples,
        format: 'f32',
        numberOfChannels: this.config.numberOfChannels,
        sampleRate: SAMPLE_RATE,
        timestamp,
      }),
    )
  }

  override flush(): void {}

  override close(): void {
    this.#decoder?.free()
    this.#decoder = undefined
  }
}
