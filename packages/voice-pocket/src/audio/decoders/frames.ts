import { FLACDecoder } from '@wasm-audio-decoders/flac'
import { type AudioCodec, AudioSample, CustomAudioDecoder, type EncodedPacket } from 'mediabunny'
import { MPEGDecoder } from 'mpg123-decoder'

/** What both decoders of these frames give. */
interface DecodedFrame {
  readonly channelData: readonly Float32Array[]
  readonly samplesDecoded: number
  readonly sampleRate: number
}

interface FrameDecoder {
  readonly ready: Promise<void>
  decode(frame: Uint8Array): DecodedFrame | Promise<DecodedFrame>
  free(): void
}

/** A decoder that is given whole frames, one after the other, behind Mediabunny's decoders. */
abstract class FramesDecoder extends CustomAudioDecoder {
  #decoder: FrameDecoder | undefined

  protected abstract create(): FrameDecoder

  override async init(): Promise<void> {
    this.#decoder = this.create()
    await this.#decoder.ready
  }

  override async decode({ data, timestamp }: EncodedPacket): Promise<void> {
    const decoded = await this.#decoder?.decode(data)
    if (decoded === undefined || decoded.samplesDecoded === 0) return
    const { channelData, samplesDecoded, sampleRate } = decoded
    const planes = new Float32Array(samplesDecoded * channelData.length)
    for (const [index, channel] of channelData.entries()) planes.set(channel, index * samplesDecoded)
    this.onSample(
      new AudioSample({
        data: planes,
        format: 'f32-planar',
        numberOfChannels: channelData.length,
        sampleRate,
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

export class Mp3Decoder extends FramesDecoder {
  static override supports(codec: AudioCodec): boolean {
    return codec === 'mp3'
  }

  protected override create(): FrameDecoder {
    const decoder = new MPEGDecoder()
    return { ready: decoder.ready, decode: (frame) => decoder.decodeFrame(frame), free: () => decoder.free() }
  }
}

export class FlacDecoder extends FramesDecoder {
  static override supports(codec: AudioCodec): boolean {
    return codec === 'flac'
  }

  protected override create(): FrameDecoder {
    const decoder = new FLACDecoder()
    return {
      ready: decoder.ready,
      decode: (frame) => decoder.decodeFrames([frame]),
      free: () => decoder.free(),
    }
  }
}
