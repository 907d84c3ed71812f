import type { Sounds } from '../text/spoken-text.ts'
import type { MeasuredVoice } from '../voices/measured-voice.ts'
import type { Voice, VoiceSettings } from '../voices/voice.ts'

/**
 * Turns one sentence at a time into sound. An engine
 * 1. is given plain text: it keeps its own markup and phoneme notation out of what users wrote;
 * 2. says all of the sentence or rejects: it never leaves a part out;
 * 3. rejects a language, a voice or a number it does not have, and never falls back to another one;
 * 4. gives no samples when the sentence has no letter and no digit;
 * 5. may hold its thread for the length of one sentence, and keeps nothing between two calls;
 * 6. rejects with an error whose `code` is `ERR_ENGINE_UNAVAILABLE` when another one, or a later time, may do better:
 *    what it needs does not answer.
 * An engine lives in a package of its own that exports `createEngine(options)` and imports nothing of this one.
 */
export interface Engine {
  readonly name: string
  /** Of every sentence, in Hz. */
  readonly sampleRate: number
  readonly capabilities: EngineCapabilities
  /** Another one whenever the same sentence would sound otherwise: the version, the model, the recording it clones. */
  readonly identity?: string
  /** Rejects with the signal's reason when it is aborted before the sentence begins. */
  synthesize(sentence: string, settings: EngineSettings, signal?: AbortSignal): Promise<Utterance>
  /** Rejects when what it needs elsewhere does not answer now; an engine that needs nothing has none. */
  check?(signal?: AbortSignal): Promise<void>
  /**
   * How it speaks for somebody who sent recordings, called once for each voice. An engine without this speaks with its
   * own voice for everybody, unless it clones.
   */
  prepare?(recordings: readonly ReferenceRecording[], measured: MeasuredVoice): Promise<Voice>
  /** Twice is fine. Afterwards `synthesize` rejects. */
  close(): Promise<void>
}

/** How a sentence is to be said. */
export interface EngineSettings extends VoiceSettings {
  /** Whose voice a cloning engine takes; only engines whose capabilities say so are given one. */
  readonly reference?: ReferenceRecording
  /** Stretches of the sentence, in order, and their sounds in IPA; only engines whose capabilities say so are given any. */
  readonly sounds?: readonly Sounds[]
}

export interface ReferenceRecording {
  /** Mono, 16 bits. */
  readonly samples: Int16Array
  readonly sampleRate: number
  /** What is said in it; empty when nobody wrote it down. */
  readonly transcript: string
}

/** One sentence as sound. */
export interface Utterance {
  /** Mono, 16 bits. */
  readonly samples: Int16Array
  /** When which part of the sentence is heard, in the order of time; empty when the engine does not know. */
  readonly marks: readonly Mark[]
}

/** Here begins `sentence.slice(start, end)`. */
export interface Mark {
  readonly type: 'word' | 'phoneme'
  readonly start: number
  readonly end: number
  /** Milliseconds from the beginning of the samples. */
  readonly at: number
  /** In IPA; empty for a word. */
  readonly phoneme: string
}

/** What an engine has, declared so that nobody needs to try. */
export interface EngineCapabilities {
  /** BCP 47 in lower case. */
  readonly languages: readonly string[]
  /** Names of speakers besides the default; empty when there are none. */
  readonly voices: readonly string[]
  readonly rate: Bounds
  readonly pitch: Bounds
  readonly range: Bounds
  readonly volume: Bounds
  /** Languages in which it reads letter by letter, and wants to be given words spelled as they sound. None when absent. */
  readonly respell?: readonly string[]
  /** Languages, as it names them, in which it can be told the sounds of a word in IPA. None when absent. */
  readonly phonemes?: readonly string[]
  /** Whether it takes a voice from a recording, and whether it must know what is said there. Not at all when absent. */
  readonly cloning?: 'recording' | 'recording-and-transcript'
  /** Whether it follows `instructions`. It is given none when absent. */
  readonly instructions?: boolean
}

/** Both ends belong to it. */
export interface Bounds {
  readonly min: number
  readonly max: number
}

/** The `code` of an error by which an engine says so; see Engine. */
export const UNAVAILABLE = 'ERR_ENGINE_UNAVAILABLE'

/** What the package of an engine exports. */
export type CreateEngine = (options: Readonly<Record<string, unknown>>) => Promise<Engine>
