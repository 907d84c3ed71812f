import { decodeRecording } from '../audio/decode.ts'
import type { OnProgram } from '../audio/decoders/ffmpeg.ts'
import { toBytes } from '../audio/pcm.ts'
import { Resampler } from '../audio/resample.ts'
import { toInt16 } from '../audio/sound.ts'
import { wavHeader } from '../audio/wav.ts'
import { activityOf } from './activity.ts'
import { checkLengthAndClipping, checkSpeech, MAX_SECONDS, type RecordingQuality } from './check-recording.ts'
import type { MeasuredVoice } from './measured-voice.ts'
import { pitchOf } from './pitch.ts'
import { syllablesPerSecond } from './syllables.ts'

/** In Hz; what speech engines take as a reference. */
export const RECORDING_RATE = 24_000

export interface ExaminedRecording {
  /** Mono, 24 kHz, 16 bits. */
  readonly wav: Uint8Array
  readonly codec: string
  readonly quality: RecordingQuality
  readonly measured: MeasuredVoice
}

/**
 * A file that somebody sent, as a recording of a voice. It computes for up to some seconds; see Examiner.
 * @throws RecordingError says what is wrong with it, and what to do
 */
export async function examineRecording(path: string, onProgram?: OnProgram): Promise<ExaminedRecording> {
  const { samples: original, sampleRate, codec } = await decodeRecording(path, MAX_SECONDS, onProgram)
  checkLengthAndClipping(original, sampleRate)
  const samples = atRecordingRate(original, sampleRate)
  const activity = activityOf(samples, RECORDING_RATE)
  const pitch = pitchOf(samples, RECORDING_RATE, activity)
  const quality = checkSpeech(original.length / sampleRate, activity, pitch)
  const measured = {
    pitch: pitch.median,
    spread: pitch.spread,
    syllables: syllablesPerSecond(activity),
    seconds: activity.activeSeconds,
  }
  const sound = toBytes(toInt16(samples))
  return { wav: Buffer.concat([wavHeader(RECORDING_RATE, sound.length), sound]), codec, quality, measured }
}

function atRecordingRate(samples: Float32Array, sampleRate: number): Float32Array {
  if (sampleRate === RECORDING_RATE) return samples
  const resampler = new Resampler(sampleRate, RECORDING_RATE)
  const [most, rest] = [resampler.push(samples), resampler.finish()]
  const whole = new Float32Array(most.length + rest.length)
  whole.set(most)
  whole.set(rest, most.length)
  return whole
}
