import {
  ADTS,
  type AudioSample,
  AudioSampleSink,
  FilePathSource,
  FLAC,
  Input,
  type InputAudioTrack,
  MATROSKA,
  MP3,
  MP4,
  OGG,
  QTFF,
  registerDecoder,
  type Source,
  WAVE,
  WEBM,
} from 'mediabunny'
import { RecordingError } from '../exceptions.ts'
import { decodeWithFfmpeg, type OnProgram } from './decoders/ffmpeg.ts'
import { FlacDecoder, Mp3Decoder } from './decoders/frames.ts'
import { OpusDecoder } from './decoders/opus.ts'
import { tooLong } from './decoders/too-long.ts'

registerDecoder(OpusDecoder)
registerDecoder(Mp3Decoder)
registerDecoder(FlacDecoder)

/** What people record with: browsers, telephones, studios. */
const FORMATS = [WAVE, MP3, FLAC, OGG, WEBM, MATROSKA, MP4, QTFF, ADTS]
const KNOWN = 'WAV, MP3, FLAC, Ogg or WebM with Opus, or M4A'

/** In Hz. No microphone is finer; two minutes of what claims to be would not fit into memory. */
const MAX_SAMPLE_RATE = 192_000

export interface Recording {
  /** In Hz. */
  readonly sampleRate: number
  /** Mono; several channels are mixed. 1 is full scale. */
  readonly samples: Float32Array
  /** As Mediabunny names it, such as `opus` or `pcm-s16`. */
  readonly codec: string
}

/**
 * Decodes the file of a recording, of which the first `maxSeconds` may be the whole: a small file can hold days of
 * silence. The name of the file does not matter, its content does.
 * @throws RecordingError it is not audio of a kind we know, is damaged, or is longer
 */
export async function decodeRecording(
  path: string,
  maxSeconds: number,
  onProgram?: OnProgram,
): Promise<Recording> {
  const decodeAac = () => decodeWithFfmpeg(path, maxSeconds, onProgram)
  return decodeSound(new FilePathSource(path), maxSeconds, decodeAac)
}

/** The same of a file that is elsewhere than on the disk; AAC only where somebody else decodes it. */
export async function decodeSound(
  source: Source,
  maxSeconds: number,
  decodeAac?: () => Promise<Omit<Recording, 'codec'>>,
): Promise<Recording> {
  using input = new Input({ source, formats: FORMATS })
  const track = await audioTrack(input)
  const codec = await track.getCodec()
  if (codec === 'aac' && decodeAac) return { ...(await decodeAac()), codec }
  if (codec === null || !(await track.canDecode())) {
    throw new RecordingError(
      'unsupported',
      `The recording is in ${codec ?? 'a codec'} that cannot be decoded here; send ${KNOWN}.`,
    )
  }
  try {
    return { ...(await collect(new AudioSampleSink(track).samples(), maxSeconds)), codec }
  } catch (cause) {
    if (cause instanceof RecordingError || isOfTheSystem(cause)) throw cause
    throw new RecordingError('damaged', `The recording is damaged: ${describe(cause)}. Record it again.`, {
      cause,
    })
  }
}

async function audioTrack(input: Input): Promise<InputAudioTrack> {
  let track: InputAudioTrack | null
  try {
    track = await input.getPrimaryAudioTrack()
  } catch (cause) {
    if (isOfTheSystem(cause)) throw cause
    throw new RecordingError('unsupported', `The file is no recording that we know; send ${KNOWN}.`, {
      cause,
    })
  }
  if (track) return track
  throw new RecordingError('unsupported', `There is no sound in the file; send ${KNOWN}.`)
}

async function collect(samples: AsyncIterable<AudioSample>, maxSeconds: number) {
  const pieces: Float32Array[] = []
  let [length, sampleRate] = [0, 0]
  for await (const sample of samples) {
    using piece = sample
    if (sampleRate !== 0 && piece.sampleRate !== sampleRate) {
      throw new RecordingError('damaged', `The recording changes its sample rate; record it again.`)
    }
    sampleRate = piece.sampleRate
    if (sampleRate > MAX_SAMPLE_RATE) throw tooFine(sampleRate)
    // Encoders begin with what is only there to get going.
    const mono = mixed(piece).subarray(Math.max(0, Math.round(-piece.timestamp * sampleRate)))
    // WAV can hold what is no number, which would be in everything that is computed from it.
    if (!mono.every(Number.isFinite)) {
      throw new RecordingError('damaged', 'The recording has samples that are no numbers; record it again.')
    }
    pieces.push(mono)
    length += mono.length
    if (length > maxSeconds * sampleRate) throw tooLong(maxSeconds)
  }
  return { sampleRate, samples: concatenated(pieces, length) }
}

/** A file that cannot be read is not a recording that is damaged. */
function isOfTheSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

function tooFine(sampleRate: number): RecordingError {
  const detail = `The recording says that it has ${sampleRate} samples a second; send at most ${MAX_SAMPLE_RATE}.`
  return new RecordingError('unsupported', detail)
}

function mixed(sample: AudioSample): Float32Array {
  const { numberOfChannels, numberOfFrames } = sample
  const mono = new Float32Array(numberOfFrames)
  const channel = new Float32Array(numberOfFrames)
  for (let index = 0; index < numberOfChannels; index++) {
    sample.copyTo(channel, { planeIndex: index, format: 'f32-planar' })
    for (let i = 0; i < numberOfFrames; i++) mono[i] = Number(mono[i]) + Number(channel[i]) / numberOfChannels
  }
  return mono
}

function concatenated(pieces: readonly Float32Array[], length: number): Float32Array {
  const whole = new Float32Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
