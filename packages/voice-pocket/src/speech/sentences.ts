import { checkSettings } from '../engines/check-settings.ts'
import type { Engine } from '../engines/engine.ts'
import { UnspeakableTextError } from '../exceptions.ts'
import type { SpeechOptions } from '../request-options.ts'
import type { Manuscript } from '../text/manuscript.ts'
import { type NamedMark, type Reading, type ReadingOptions, readings } from '../text/reading.ts'
import { respelled } from '../text/respell.ts'
import type { Pause } from '../text/segment.ts'
import type { Place, Sounds, SpokenText } from '../text/spoken-text.ts'
import { combined, inManner } from '../voices/manner.ts'
import type { Voice, VoiceSettings } from '../voices/voice.ts'
import { beginning } from './beginning.ts'

/** At the normal rate; who speaks faster also pauses shorter. */
const PAUSE_MS: Readonly<Record<Pause, number>> = { none: 0, clause: 150, sentence: 350, paragraph: 700 }

/**
 * What the engine is asked to say, in one go; nothing, where there is only a break. Its place in the content is without
 * the blanks around it.
 */
export interface Sentence extends Place {
  readonly spoken: SpokenText
  readonly settings: VoiceSettings
  /** For an engine that can say them: stretches of `spoken.text`. */
  readonly sounds: readonly Sounds[]
  readonly marks: readonly NamedMark[]
  /** Of the same sentence as the one before. */
  readonly continues: boolean
  /** Behind it. */
  readonly pauseMs: number
}

export interface Script extends ReadingOptions {
  readonly manuscript: Manuscript
  /** Whose it is. */
  readonly voice: Voice
  /** How the text as a whole is to be said with it; as the voice itself does when not told. */
  readonly manner?: SpeechOptions
}

/**
 * A text as the sentences that will be spoken, checked against what the engine can do.
 * @throws UnspeakableTextError, InvalidVoiceError
 */
export function toSentences(script: Script, engine: Engine): Sentence[] {
  const { manuscript } = script
  const read = readings(manuscript, script)
  if (read.every(({ spoken }) => spoken.text === '')) {
    const text = JSON.stringify(beginning(manuscript.content.text))
    throw new UnspeakableTextError(
      `There is nothing to say in ${text}: send a text with at least one letter or digit.`,
    )
  }
  // Nothing comes behind the last one that a pause would part it from, but what was asked for is heard.
  return read.map((reading, index) => {
    const pause = index === read.length - 1 ? 'none' : reading.pause
    return toSentence({ ...reading, pause }, script, engine)
  })
}

function toSentence(reading: Reading, script: Script, engine: Engine): Sentence {
  const { start, end, language, marks, continues, pause, breakMs } = reading
  const { capabilities } = engine
  const spoken = asWanted(reading, script, engine)
  const voice = inManner(script.voice, combined(script.manner ?? {}, reading.manner), capabilities)
  const wanted = { ...voice, language }
  // A silence is in no language that the engine must have.
  const settings = spoken.text === '' ? wanted : checkSettings(engine, wanted)
  const sounds = capabilities.phonemes?.includes(settings.language) ? spoken.sounds() : []
  const pauseMs = breakMs ?? PAUSE_MS[pause] / voice.rate
  return { start, end, spoken, settings, sounds, marks, continues, pauseMs }
}

/** Also this is for those only who want their text read for them. */
function asWanted(
  { spoken, language }: Reading,
  { normalize = true }: Script,
  { capabilities }: Engine,
): SpokenText {
  const [primary = ''] = language.split('-')
  return normalize && capabilities.respell?.includes(primary) ? respelled(spoken, primary) : spoken
}
