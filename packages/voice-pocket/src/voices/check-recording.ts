/** Whether a recording can become a voice. What is wrong is said so that whoever recorded it knows what to do. */
import { RecordingError, type RecordingFault } from '../exceptions.ts'
import type { Activity } from './activity.ts'
import type { Pitch } from './pitch.ts'

export const MIN_SECONDS = 1
export const MAX_SECONDS = 120

/** Of one voice. A file can be two minutes of stereo at 48 kHz, as 32-bit numbers; all together are rather compressed. */
export const RECORDING_LIMITS = Object.freeze({
  files: 10,
  fileBytes: 48 * 1024 * 1024,
  totalBytes: 128 * 1024 * 1024,
})

/** No microphone is so quiet while somebody speaks into it. */
const SILENT_DB = -60
const TOO_QUIET_DB = -45
/** Between speech and what is heard in its pauses. Below it, an engine learns the noise as well. */
const MIN_SIGNAL_TO_NOISE_DB = 15
/** Less than this is a cough. */
const MIN_VOICED_SECONDS = 0.2
/** Speech rises and falls with every syllable; a tone, or the noise of a fan, does not. */
const MIN_RISE_DB = 3

/** Samples as near to the highest as this, so many in a row, are a wave whose top was cut off. */
const TOP = 0.99
const RUN = 3
const FULL_SCALE = 0.999
/** Below half of full scale, nothing was cut off by the microphone. */
const LOUD = 0.5
const MAX_CLIPPED_SHARE = 0.001

export interface RecordingQuality {
  readonly seconds: number
  /** Of full scale, where somebody speaks. */
  readonly speechDb: number
  readonly signalToNoiseDb: number
}

/** As it was decoded: in another sample rate, what was cut off is round again. @throws RecordingError */
export function checkLengthAndClipping(samples: Float32Array, sampleRate: number): void {
  const seconds = samples.length === 0 ? 0 : samples.length / sampleRate // of nothing, the rate is not known either
  if (seconds < MIN_SECONDS) {
    const detail = `The recording is ${seconds.toFixed(1)} seconds long; record at least ${MIN_SECONDS}, better ten`
    throw refused('too_short', detail)
  }
  const share = clippedShare(samples)
  if (share <= MAX_CLIPPED_SHARE) return
  throw refused(
    'clipped',
    `The recording is overdriven: ${(share * 100).toFixed(1)} % of it is cut off at the loudest the microphone can take. ` +
      'Speak from further away, or turn the microphone down',
  )
}

/** @throws RecordingError */
export function checkSpeech(seconds: number, activity: Activity, pitch: Pitch): RecordingQuality {
  const { speechDb, floorDb } = activity
  const signalToNoiseDb = speechDb - floorDb
  if (speechDb < SILENT_DB) {
    throw refused(
      'silent',
      'The recording is silent; choose the right microphone, and see that it is not muted',
    )
  }
  if (isNoSpeech(activity, pitch)) {
    throw refused('no_speech', 'Nobody can be heard speaking in the recording; read some sentences aloud')
  }
  if (signalToNoiseDb < MIN_SIGNAL_TO_NOISE_DB) {
    throw refused(
      'too_noisy',
      `The recording is noisy: speech is only ${signalToNoiseDb.toFixed(0)} dB louder than what is around it, and must be ` +
        `${MIN_SIGNAL_TO_NOISE_DB} dB. Go nearer to the microphone, or into a quieter room, and turn off music and fans`,
    )
  }
  if (speechDb < TOO_QUIET_DB) {
    throw refused(
      'too_quiet',
      `The recording is very quiet (${speechDb.toFixed(0)} dB); go nearer to the microphone, or turn it up`,
    )
  }
  return { seconds, speechDb, signalToNoiseDb }
}

/** Under noise no pitch is clear; there, what rises and falls is taken for speech. */
function isNoSpeech({ speechDb, floorDb }: Activity, { voicedSeconds }: Pitch): boolean {
  const rise = speechDb - floorDb
  return rise < MIN_RISE_DB || (rise >= MIN_SIGNAL_TO_NOISE_DB && voicedSeconds < MIN_VOICED_SECONDS)
}

function clippedShare(samples: Float32Array): number {
  const highest = samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)
  if (highest < LOUD) return 0
  let [clipped, run] = [0, 0]
  for (const sample of samples) {
    const level = Math.abs(sample)
    run = level >= highest * TOP ? run + 1 : 0
    if (run === RUN) clipped += RUN
    else if (run > RUN || (run === 0 && level >= FULL_SCALE)) clipped += 1
  }
  return clipped / samples.length
}

function refused(fault: RecordingFault, detail: string): RecordingError {
  return new RecordingError(fault, `${detail}.`)
}
