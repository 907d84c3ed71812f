import { checkSettings } from '../engines/check-settings.ts'
import type { Engine } from '../engines/engine.ts'
import { UnspeakableTextError } from '../exceptions.ts'
import { type ReadingOptions, readings } from '../text/reading.ts'
import { respelled } from '../text/respell.ts'
import type { Pause } from '../text/segment.ts'
import type { Place, SpokenText } from '../text/spoken-text.ts'
import type { Voice, VoiceSettings } from '../voices/voice.ts'
import { beginning } from './beginning.ts'

/** At the normal rate; who speaks faster also pauses shorter. */
const PAUSE_MS: Readonly<Record<Pause, number>> = { none: 0, clause: 150, sentence: 350, paragraph: 700 }

/** What the engine is asked to say, in one go. Its place in the original is without the blanks around it. */
export interface Sentence extends Place {
  readonly spoken: SpokenText
  readonly settings: VoiceSettings
  /** Behind it. */
  readonly pauseMs: number
}

export interface Script extends ReadingOptions {
  readonly text: string
  readonly voice: Voice
}

/**
 * A text as the sentences that will be spoken, checked against what the engine can do.
 * @throws UnspeakableTextError, InvalidVoiceError
 */
export function toSentences(script: Script, engine: Engine): Sentence[] {
  const { text, voice } = script
  const sentences = readings(text, script).map(({ spoken, language, pause, ...place }) => ({
    ...place,
    spoken: asWanted(spoken, language, script, engine),
    settings: checkSettings(engine, { ...voice, language }),
    pauseMs: PAUSE_MS[pause] / voice.rate,
  }))
  const last = sentences.pop()
  // Nothing comes behind the last one that a pause would part it from.
  if (last !== undefined) return [...sentences, { ...last, pauseMs: 0 }]
  throw new UnspeakableTextError(
    `There is nothing to say in ${JSON.stringify(beginning(text))}: send a text with at least one letter or digit.`,
  )
}

/** Also this is for those only who want their text read for them. */
function asWanted(
  spoken: SpokenText,
  language: string,
  { normalize = true }: Script,
  { capabilities }: Engine,
): SpokenText {
  const [primary = ''] = language.split('-')
  return normalize && capabilities.respell?.includes(primary) ? respelled(spoken, primary) : spoken
}
