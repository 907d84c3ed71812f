import { Espeak, type EspeakSettings, type SpeechEvent } from './espeak.ts'
import { InvalidSettingError } from './exceptions.ts'
import { IPA_LANGUAGES, mnemonics } from './ipa.ts'
import type { Pronounced } from './plain-text.ts'
import { type MeasuredVoice, type Register, registerOf } from './register.ts'

/** The version of eSpeak NG that speaks, as package.json names it. */
const ESPEAK_NG = 'espeak-ng-emscripten 0.3.5'
/** eSpeak's own normal: 175 words a minute, pitch and range 50 of 0 to 99, volume 100. */
const WORDS_PER_MINUTE = 175
/** 80 to 450 words a minute; beyond, eSpeak clamps without a word. */
const RATE = Object.freeze({ min: 0.46, max: 2.57 })
const PITCH = Object.freeze({ min: 0, max: 2 })
const RANGE = Object.freeze({ min: 0, max: 2 })
/** It lacks nasalisation, lateralisation and some of the aspiration of Korean. */
const RESPELL = Object.freeze(['ko'])
const VOLUME = Object.freeze({ min: 0, max: 1 })

export interface EngineOptions {
  /** Which of its accents a bare language is spoken with; default `{ en: 'en-us' }`. */
  readonly accents?: Readonly<Record<string, string>>
}

/** The numbers are relative to the voice's normal, 1. */
export interface VoiceSettings {
  /** Such as `ko`, `en`, `en-gb-scotland`. */
  readonly language: string
  /** One of eSpeak's variants, such as `f2`; empty for the language's own. */
  readonly name: string
  readonly rate: number
  readonly pitch: number
  readonly range: number
  readonly volume: number
  /** Stretches of the sentence, in order, and their sounds in IPA; for the languages in `capabilities.phonemes`. */
  readonly sounds?: readonly Sounds[]
}

/** How `sentence.slice(start, end)` is pronounced. */
export interface Sounds {
  readonly start: number
  readonly end: number
  readonly ipa: string
}

type Mark = SpeechEvent & { readonly type: 'word' | 'phoneme' }

/** One sentence as sound, and when each of its words and phonemes is heard. */
export interface EngineUtterance {
  readonly samples: Int16Array
  readonly marks: readonly Mark[]
}

/**
 * eSpeak NG behind the contract of Voice Pocket's engines, which it fits by its shape alone: this package imports
 * nothing of Voice Pocket, and Voice Pocket loads it by name.
 */
export class EspeakEngine {
  readonly name = 'espeak'
  /** What decides how a sentence sounds, besides its settings. */
  readonly identity: string
  readonly sampleRate: number
  readonly capabilities: {
    readonly languages: readonly string[]
    readonly voices: readonly string[]
    readonly rate: { readonly min: number; readonly max: number }
    readonly pitch: { readonly min: number; readonly max: number }
    readonly range: { readonly min: number; readonly max: number }
    readonly volume: { readonly min: number; readonly max: number }
    readonly respell: readonly string[]
    readonly phonemes: readonly string[]
  }
  readonly #espeak: Espeak
  readonly #accents: ReadonlyMap<string, string>

  constructor(espeak: Espeak, accents: ReadonlyMap<string, string>) {
    this.#espeak = espeak
    this.#accents = accents
    this.identity = `${ESPEAK_NG} ${JSON.stringify([...accents])}`
    this.sampleRate = espeak.sampleRate
    this.capabilities = Object.freeze({
      languages: espeak.catalogue.languages,
      voices: espeak.catalogue.variants,
      rate: RATE,
      pitch: PITCH,
      range: RANGE,
      volume: VOLUME,
      respell: RESPELL,
      phonemes: Object.freeze([
        ...new Set([...IPA_LANGUAGES, ...[...accents].filter(isTold).map(([bare]) => bare)]),
      ]),
    })
  }

  /** Holds the thread while it speaks, so give it one sentence and run it where nobody else waits. */
  async synthesize(
    sentence: string,
    settings: VoiceSettings,
    signal?: AbortSignal,
  ): Promise<EngineUtterance> {
    signal?.throwIfAborted()
    const pronounced = this.#inNotation(settings)
    const { samples, events } = this.#espeak.speak(sentence, this.#inEspeakUnits(settings), pronounced)
    return { samples, marks: events.filter(isMark) }
  }

  /** Of what was measured of somebody's recordings; it is no likeness, and the recordings themselves are of no use. */
  async prepare(
    _recordings: unknown,
    measured: MeasuredVoice,
  ): Promise<Register & { readonly volume: number }> {
    return { ...registerOf(measured), volume: 1 }
  }

  async close(): Promise<void> {
    this.#espeak.close()
  }

  #inNotation({ language, sounds = [] }: VoiceSettings): Pronounced[] {
    const accent = this.#accentOf(language)
    return sounds.map(({ start, end, ipa }) => ({ start, end, mnemonics: mnemonics(ipa, accent) }))
  }

  #accentOf(language: string): string {
    return this.#accents.get(language.toLowerCase()) ?? language
  }

  #inEspeakUnits({ language, name, rate, pitch, range, volume }: VoiceSettings): EspeakSettings {
    const accent = this.#accentOf(language)
    return {
      identifier: this.#espeak.catalogue.identifier(accent, name),
      rate: Math.round(WORDS_PER_MINUTE * within('rate', rate, RATE)),
      pitch: Math.min(99, Math.round(50 * within('pitch', pitch, PITCH))),
      range: Math.min(99, Math.round(50 * within('range', range, RANGE))),
      volume: Math.round(100 * within('volume', volume, VOLUME)),
    }
  }
}

export async function createEngine(options: EngineOptions = {}): Promise<EspeakEngine> {
  const { accents = { en: 'en-us' }, ...unknown } = options
  for (const name of Object.keys(unknown)) {
    throw new InvalidSettingError(`The espeak engine has no option ${JSON.stringify(name)}; it has: accents.`)
  }
  const espeak = await Espeak.load()
  for (const accent of Object.values(accents)) espeak.catalogue.identifier(accent, '')
  return new EspeakEngine(espeak, new Map(Object.entries(accents)))
}

/** An accent that can be told sounds. */
function isTold([, accent]: readonly [bare: string, accent: string]): boolean {
  return IPA_LANGUAGES.includes(accent)
}

function isMark(event: SpeechEvent): event is Mark {
  return event.type !== 'sentence'
}

function within(name: string, value: number, { min, max }: { min: number; max: number }): number {
  if (value >= min && value <= max) return value
  throw new InvalidSettingError(`The ${name} is ${value}, but eSpeak NG has ${min} to ${max} (1 is normal).`)
}
