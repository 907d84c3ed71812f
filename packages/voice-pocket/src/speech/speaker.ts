import { tmpdir } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fadeEdges, silence } from '../audio/pcm.ts'
import { WavSpool } from '../audio/wav-spool.ts'
import type { Engine, Utterance } from '../engines/engine.ts'
import { SynthesisError } from '../exceptions.ts'
import type { Storage } from '../storage/storage.ts'
import { beginning } from './beginning.ts'
import { type Script, type Sentence, toSentences } from './sentences.ts'
import { later, type TimedSentence, type Timeline, timeSentence } from './timeline.ts'

/** Long enough that no edge clicks, too short to be heard as a fade. */
const FADE_MS = 3

export interface Speech extends Script {
  readonly engine: Engine
  readonly storage: Pick<Storage, 'write'>
  readonly key: string
  /** Told once before the first sentence and after each. Awaited. */
  readonly onProgress?: (progress: Progress) => void | Promise<void>
  readonly signal?: AbortSignal
  /** Folder for the unfinished sound, up to 160 MB an hour; the system's own for such files when not told. */
  readonly scratch?: string
}

/** In sentences. */
export interface Progress {
  readonly done: number
  readonly total: number
}

export interface SpokenFile {
  readonly key: string
  readonly durationMs: number
  readonly sampleRate: number
  readonly bytes: number
  readonly timeline: Timeline
}

/**
 * Text becomes a WAV file in the storage.
 * 1. All of it is checked before any of it is spoken: UnspeakableTextError, InvalidVoiceError.
 * 2. Sentence by sentence, giving way to the event loop between two, so that progress and cancelling work even
 *    with an engine that holds the thread; no more than one sentence is in memory.
 * 3. The file appears in the storage when it is complete. Rejected or aborted, nothing is left behind.
 */
export async function makeTts(speech: Speech): Promise<SpokenFile> {
  const { text, engine, storage, key, onProgress, signal, scratch = tmpdir() } = speech
  const sentences = toSentences(speech, engine)
  const total = sentences.length
  const timed: TimedSentence[] = []
  signal?.throwIfAborted()
  await using spool = await WavSpool.create(scratch, engine.sampleRate)
  await onProgress?.({ done: 0, total })
  for (const [index, sentence] of sentences.entries()) {
    const { samples, marks } = await speak(engine, sentence, index, signal)
    const durationMs = (samples.length * 1000) / engine.sampleRate
    timed.push(later(timeSentence(text, { ...sentence, marks, durationMs }), spool.durationMs))
    await spool.append(samples)
    if (index < total - 1) await spool.append(pause(sentence.pauseMs, engine.sampleRate))
    await onProgress?.({ done: index + 1, total })
    await nextTurn()
    signal?.throwIfAborted()
  }
  await storage.write(key, untilAborted(spool.read(), signal))
  const { durationMs, sampleRate, bytes } = spool
  return { key, durationMs, sampleRate, bytes, timeline: { durationMs, sentences: timed } }
}

async function speak(
  engine: Engine,
  { spoken, settings }: Sentence,
  index: number,
  signal: AbortSignal | undefined,
): Promise<Utterance> {
  try {
    const { samples, marks } = await engine.synthesize(spoken.text, settings, signal)
    return { samples: fadeEdges(samples, Math.round((FADE_MS * engine.sampleRate) / 1000)), marks }
  } catch (cause) {
    signal?.throwIfAborted()
    throw new SynthesisError(
      `The engine ${engine.name} failed on sentence ${index + 1}, ${JSON.stringify(beginning(spoken.text))}: ${String(cause)}`,
      { cause },
    )
  }
}

function pause(ms: number, sampleRate: number): Int16Array {
  return silence(Math.round((ms * sampleRate) / 1000))
}

async function* untilAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk
    signal?.throwIfAborted()
  }
}
