import { registerAacEncoder } from '@mediabunny/aac-encoder'
import { registerFlacEncoder } from '@mediabunny/flac-encoder'
import { registerMp3Encoder } from '@mediabunny/mp3-encoder'
import {
  AdtsOutputFormat,
  FlacOutputFormat,
  Mp3OutputFormat,
  OggOutputFormat,
  registerEncoder,
} from 'mediabunny'
import type { AudioFormat } from './format.ts'
import { OpusEncoder } from './opus-encoder.ts'
import { OutputWriter } from './output.ts'

registerMp3Encoder()
registerFlacEncoder()
registerAacEncoder()
registerEncoder(OpusEncoder)

/** Of MPEG-1, -2 and -2.5, which MP3 and AAC share. */
const MPEG_RATES = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]
/** FLAC itself holds any; these are the ones that its encoder takes. */
const FLAC_RATES = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000]
/** Pages this long reach a listener before the next sentence is spoken. */
const LIVE_PAGE_SECONDS = 0.2

export const mp3: AudioFormat = {
  name: 'mp3',
  contentType: 'audio/mpeg',
  extension: 'mp3',
  sampleRates: MPEG_RATES,
  open: (options) =>
    OutputWriter.open(
      {
        codec: 'mp3',
        bitrate: 64_000,
        container: (live) => new Mp3OutputFormat({ xingHeader: !live }),
      },
      options,
    ),
}

export const opus: AudioFormat = {
  name: 'opus',
  contentType: 'audio/ogg; codecs=opus',
  extension: 'opus',
  sampleRates: [8_000, 12_000, 16_000, 24_000, 48_000],
  open: (options) =>
    OutputWriter.open(
      {
        codec: 'opus',
        bitrate: 32_000,
        container: (live) =>
          new OggOutputFormat(live ? { maximumPageDuration: LIVE_PAGE_SECONDS } : undefined),
      },
      options,
    ),
}

export const flac: AudioFormat = {
  name: 'flac',
  contentType: 'audio/flac',
  extension: 'flac',
  sampleRates: FLAC_RATES,
  open: (options) =>
    OutputWriter.open(
      { codec: 'flac', container: (live) => new FlacOutputFormat({ appendOnly: live }) },
      options,
    ),
}

/** In ADTS frames, as OpenAI's API has it: each can be played from where it begins. */
export const aac: AudioFormat = {
  name: 'aac',
  contentType: 'audio/aac',
  extension: 'aac',
  sampleRates: MPEG_RATES,
  open: (options) =>
    OutputWriter.open({ codec: 'aac', bitrate: 64_000, container: () => new AdtsOutputFormat() }, options),
}
