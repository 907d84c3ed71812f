import { setImmediate as nextTurn } from 'node:timers/promises'
import { level } from '../audio/levelling.ts'
import { fadeEdges, silence } from '../audio/pcm.ts'
import { toFloat32, toInt16 } from '../audio/sound.ts'
import type { Engine, Utterance } from '../engines/engine.ts'
import { EngineUnavailableError, InvalidVoiceError, SynthesisError } from '../exceptions.ts'
import { beginning } from './beginning.ts'
import { PartTimeline } from './part-timeline.ts'
import type { Sentence } from './sentences.ts'
import type { Timeline } from './timeline.ts'

/** Long enough that no edge clicks, too short to be heard as a fade. */
const FADE_MS = 3
const FULL_VOLUME = 1

export interface Speaking {
  readonly engine: Engine
  /** After each sentence. Awaited. */
  readonly onSentence?: () => void | Promise<void>
  readonly signal?: AbortSignal
}

/** Sentences as one sound, pauses between and behind them included. */
export interface SpokenPart {
  readonly samples: Int16Array
  readonly timeline: Timeline
}

/**
 * Speaks sentences of a text one after the other, giving way to the event loop between two, so that progress and
 * cancelling work even with an engine that holds the thread. The whole is as loud as every other part of any text, but
 * for sentences that are wanted quieter. `original` is the content of the text.
 * @throws SynthesisError, EngineUnavailableError, InvalidVoiceError, or the signal's reason
 */
export async function speakPart(
  original: string,
  sentences: readonly Sentence[],
  { engine, onSentence, signal }: Speaking,
): Promise<SpokenPart> {
  const { sampleRate } = engine
  const pieces: Piece[] = []
  const timeline = new PartTimeline(original)
  let length = 0
  for (const sentence of sentences) {
    const { samples, marks } = await speak(sentence, engine, signal)
    const [startMs, durationMs] = [toMs(length, sampleRate), toMs(samples.length, sampleRate)]
    timeline.add(sentence, { marks, startMs, durationMs })
    const pause = silence(Math.round((sentence.pauseMs * sampleRate) / 1000))
    pieces.push({ samples, pause, volume: sentence.settings.volume })
    length += samples.length + pause.length
    await onSentence?.()
    await nextTurn()
    signal?.throwIfAborted()
  }
  const even = level(toFloat32(concatenated(pieces, length)), sampleRate)
  return {
    samples: toInt16(atTheirVolumes(even, pieces)),
    timeline: timeline.finish(toMs(length, sampleRate)),
  }
}

/** A sentence as it was spoken, with what is behind it. */
interface Piece {
  readonly samples: Int16Array
  readonly pause: Int16Array
  readonly volume: number
}

/** At full loudness: how loud it is in the end is decided when the loudness of the whole is. */
async function speak(
  { spoken, settings, sounds }: Sentence,
  engine: Engine,
  signal: AbortSignal | undefined,
): Promise<Utterance> {
  if (spoken.text === '') return { samples: silence(0), marks: [] }
  const loud = { ...settings, volume: FULL_VOLUME, ...(sounds.length > 0 && { sounds }) }
  try {
    const { samples, marks } = await engine.synthesize(spoken.text, loud, signal)
    return { samples: fadeEdges(samples, Math.round((FADE_MS * engine.sampleRate) / 1000)), marks }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof EngineUnavailableError || cause instanceof InvalidVoiceError) throw cause
    throw new SynthesisError(
      `The engine ${engine.name} failed on the sentence ${JSON.stringify(beginning(spoken.text))}: ${String(cause)}`,
      { cause },
    )
  }
}

function toMs(samples: number, sampleRate: number): number {
  return (samples * 1000) / sampleRate
}

function concatenated(pieces: readonly Piece[], length: number): Int16Array {
  const whole = new Int16Array(length)
  let at = 0
  for (const { samples, pause } of pieces) {
    whole.set(samples, at)
    at += samples.length + pause.length
  }
  return whole
}

/** Changes the samples it is given. */
function atTheirVolumes(whole: Float32Array, pieces: readonly Piece[]): Float32Array {
  let at = 0
  for (const { samples, pause, volume } of pieces) {
    const end = at + samples.length
    if (volume !== FULL_VOLUME) {
      for (let index = at; index < end; index++) whole[index] = Number(whole[index]) * volume
    }
    at = end + pause.length
  }
  return whole
}
