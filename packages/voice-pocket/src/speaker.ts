import { tmpdir } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fadeEdges, silence } from './audio/pcm.ts'
import { WavSpool } from './audio/wav-spool.ts'
import { checkSettings } from './engines/check-settings.ts'
import type { Engine } from './engines/engine.ts'
import { SynthesisError, UnspeakableTextError } from './exceptions.ts'
import type { Storage } from './storage/storage.ts'
import { isSpeakable, normalise } from './text/normalise.ts'
import { detectLanguage, sentenceLanguage } from './text/script.ts'
import { type Pause, segment } from './text/segment.ts'
import type { Voice, VoiceSettings } from './voices/voice.ts'

/** At the normal rate; who speaks faster also pauses shorter. */
const PAUSE_MS: Readonly<Record<Pause, number>> = { none: 0, clause: 150, sentence: 350, paragraph: 700 }
/** Long enough that no edge clicks, too short to be heard as a fade. */
const FADE_MS = 3
/** Of a text in a script we do not know. */
const FALLBACK_LANGUAGE = 'en'

export interface Speech {
  readonly text: string
  /** When not told, each sentence is spoken in the language of its script. */
  readonly language?: string
  readonly voice: Voice
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
}

interface Sentence {
  readonly text: string
  readonly settings: VoiceSettings
  readonly pauseMs: number
}

/**
 * Text becomes a WAV file in the storage.
 * 1. All of it is checked before any of it is spoken: UnspeakableTextError, InvalidVoiceError.
 * 2. Sentence by sentence, giving way to the event loop between two, so that progress and cancelling work even
 *    with an engine that holds the thread; no more than one sentence is in memory.
 * 3. The file appears in the storage when it is complete. Rejected or aborted, nothing is left behind.
 */
export async function makeTts(speech: Speech): Promise<SpokenFile> {
  const { engine, storage, key, onProgress, signal, scratch = tmpdir() } = speech
  const sentences = prepare(speech)
  const total = sentences.length
  signal?.throwIfAborted()
  await using spool = await WavSpool.create(scratch, engine.sampleRate)
  await onProgress?.({ done: 0, total })
  for (const [index, sentence] of sentences.entries()) {
    await spool.append(await speak(engine, sentence, index, signal))
    if (index < total - 1) await spool.append(pause(sentence.pauseMs, engine.sampleRate))
    await onProgress?.({ done: index + 1, total })
    await nextTurn()
    signal?.throwIfAborted()
  }
  await storage.write(key, untilAborted(spool.read(), signal))
  return { key, durationMs: spool.durationMs, sampleRate: spool.sampleRate, bytes: spool.bytes }
}

function prepare({ text, language, voice, engine }: Speech): Sentence[] {
  const textLanguage = language ?? detectLanguage(text) ?? FALLBACK_LANGUAGE
  const sentences: Sentence[] = []
  for (const part of segment(text)) {
    const plain = normalise(part.text)
    const pauseMs = PAUSE_MS[part.pause] / voice.rate
    const last = sentences.at(-1)
    if (!isSpeakable(plain)) {
      // A line of asterisks is not spoken, but the pause behind it is still one.
      if (last !== undefined) sentences.splice(-1, 1, { ...last, pauseMs: Math.max(last.pauseMs, pauseMs) })
      continue
    }
    const settings = { ...voice, language: language ?? sentenceLanguage(plain, textLanguage) }
    sentences.push({ text: plain, settings: checkSettings(engine, settings), pauseMs })
  }
  if (sentences.length > 0) return sentences
  throw new UnspeakableTextError(
    `There is nothing to say in ${JSON.stringify(beginning(text))}: send a text with at least one letter or digit.`,
  )
}

async function speak(
  engine: Engine,
  { text, settings }: Sentence,
  index: number,
  signal: AbortSignal | undefined,
): Promise<Int16Array> {
  try {
    const samples = await engine.synthesize(text, settings, signal)
    return fadeEdges(samples, Math.round((FADE_MS * engine.sampleRate) / 1000))
  } catch (cause) {
    signal?.throwIfAborted()
    throw new SynthesisError(
      `The engine ${engine.name} failed on sentence ${index + 1}, ${JSON.stringify(beginning(text))}: ${String(cause)}`,
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

/** A message must not be as long as the text it is about. */
function beginning(text: string): string {
  const characters = [...text.slice(0, 100)]
  return characters.length > 40 ? `${characters.slice(0, 40).join('')}…` : text
}
