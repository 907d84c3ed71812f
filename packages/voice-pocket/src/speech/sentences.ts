import { checkSettings } from '../engines/check-settings.ts'
import type { Engine } from '../engines/engine.ts'
import { UnspeakableTextError } from '../exceptions.ts'
import { isSpeakable, normalised } from '../text/normalise.ts'
import { detectLanguage, sentenceLanguage } from '../text/script.ts'
import { type Pause, segment } from '../text/segment.ts'
import { type Place, SpokenText } from '../text/spoken-text.ts'
import type { Voice, VoiceSettings } from '../voices/voice.ts'
import { beginning } from './beginning.ts'

/** At the normal rate; who speaks faster also pauses shorter. */
const PAUSE_MS: Readonly<Record<Pause, number>> = { none: 0, clause: 150, sentence: 350, paragraph: 700 }
/** Of a text in a script we do not know. */
const FALLBACK_LANGUAGE = 'en'

/** What the engine is asked to say, in one go. Its place in the original is without the blanks around it. */
export interface Sentence extends Place {
  readonly spoken: SpokenText
  readonly settings: VoiceSettings
  /** Behind it. */
  readonly pauseMs: number
}

export interface Script {
  readonly text: string
  /** When not told, each sentence is spoken in the language of its script. */
  readonly language?: string
  /** Of a longer text that this one is a part of; decides where the script of a sentence does not. */
  readonly contextLanguage?: string
  readonly voice: Voice
}

/** Of the text as a whole. */
export function contextLanguage(text: string): string {
  return detectLanguage(text) ?? FALLBACK_LANGUAGE
}

/**
 * A text as the sentences that will be spoken, checked against what the engine can do.
 * @throws UnspeakableTextError, InvalidVoiceError
 */
export function toSentences(script: Script, engine: Engine): Sentence[] {
  const { text, language, voice } = script
  const textLanguage = language ?? script.contextLanguage ?? contextLanguage(text)
  const sentences: Sentence[] = []
  for (const { start, end, text: part, pause } of segment(text)) {
    const spoken = normalised(SpokenText.of(text, start, start + part.trimEnd().length))
    const pauseMs = PAUSE_MS[pause] / voice.rate
    const last = sentences.at(-1)
    if (!isSpeakable(spoken.text)) {
      // A line of asterisks is not spoken, but the pause behind it is still one.
      if (last !== undefined) sentences.splice(-1, 1, { ...last, pauseMs: Math.max(last.pauseMs, pauseMs) })
      continue
    }
    const settings = { ...voice, language: language ?? sentenceLanguage(spoken.text, textLanguage) }
    const place = { start: end - part.trimStart().length, end: start + part.trimEnd().length }
    sentences.push({ ...place, spoken, settings: checkSettings(engine, settings), pauseMs })
  }
  const last = sentences.pop()
  // Nothing comes behind the last one that a pause would part it from.
  if (last !== undefined) return [...sentences, { ...last, pauseMs: 0 }]
  throw new UnspeakableTextError(
    `There is nothing to say in ${JSON.stringify(beginning(text))}: send a text with at least one letter or digit.`,
  )
}
