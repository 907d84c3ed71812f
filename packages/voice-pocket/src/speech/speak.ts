import { setImmediate as nextTurn } from 'node:timers/promises'
import { level } from '../audio/levelling.ts'
import { fadeEdges, silence } from '../audio/pcm.ts'
import { toFloat32, toInt16 } from '../audio/sound.ts'
import type { Engine, Utterance } from '../engines/engine.ts'
import { EngineUnavailableError, SynthesisError } from '../exceptions.ts'
import { beginning } from './beginning.ts'
import type { Sentence } from './sentences.ts'
import { later, type TimedSentence, type Timeline, timeSentence } from './timeline.ts'

/** Long enough that no edge clicks, too short to be heard as a fade. */
const FADE_MS = 3

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
 * cancelling work even with an engine that holds the thread. The whole is as loud as every other part of any text.
 * @throws SynthesisError, EngineUnavailableError, or the signal's reason
 */
export async function speakPart(
  original: string,
  sentences: readonly Sentence[],
  { engine, onSentence, signal }: Speaking,
): Promise<SpokenPart> {
  const { sampleRate } = engine
  const pieces: Int16Array[] = []
  const timed: TimedSentence[] = []
  let length = 0
  for (const sentence of sentences) {
    const { samples, marks } = await speak(sentence, engine, signal)
    const durationMs = toMs(samples.length, sampleRate)
    timed.push(later(timeSentence(original, { ...sentence, marks, durationMs }), toMs(length, sampleRate)))
    const pause = silence(Math.round((sentence.pauseMs * sampleRate) / 1000))
    pieces.push(samples, pause)
    length += samples.length + pause.length
    await onSentence?.()
    await nextTurn()
    signal?.throwIfAborted()
  }
  const samples = toInt16(level(toFloat32(concatenated(pieces, length)), sampleRate))
  return { samples, timeline: { durationMs: toMs(length, sampleRate), sentences: timed } }
}

async function speak(
  { spoken, settings }: Sentence,
  engine: Engine,
  signal: AbortSignal | undefined,
): Promise<Utterance> {
  try {
    const { samples, marks } = await engine.synthesize(spoken.text, settings, signal)
    return { samples: fadeEdges(samples, Math.round((FADE_MS * engine.sampleRate) / 1000)), marks }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof EngineUnavailableError) throw cause
    throw new SynthesisError(
      `The engine ${engine.name} failed on the sentence ${JSON.stringify(beginning(spoken.text))}: ${String(cause)}`,
      { cause },
    )
  }
}

function toMs(samples: number, sampleRate: number): number {
  return (samples * 1000) / sampleRate
}

function concatenated(pieces: readonly Int16Array[], length: number): Int16Array {
  const whole = new Int16Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
