import type { Pause } from './segment.ts'
import { type Place, SpokenText } from './spoken-text.ts'

/**
 * What somebody sent to be spoken, as it will be read: the words, and what they told of them. Whatever it was written
 * in, from here on there is only this; a plain text is one block with nothing told of it. Everything that follows
 * (sentences, rules, times, captions) knows places in `content.text`, and `content` knows where those stand in what was
 * sent.
 */
export interface Manuscript {
  readonly content: SpokenText
  /** In order; what is between two of them is blank. */
  readonly blocks: readonly Block[]
  /** In order, none over another; nothing was told of what is in none of them. */
  readonly passages: readonly Passage[]
  /** In order. */
  readonly cues: readonly Cue[]
}

/** What no sentence reaches beyond. */
export interface Block extends Place {
  /** It is one sentence, whatever stands in it. */
  readonly isSentence: boolean
  /** Behind it, at least. */
  readonly pause: Pause
}

export interface Passage extends Place {
  readonly manner: Manner
  readonly saying?: Saying
}

/** How a passage is said, by the names of a request's options. Numbers are relative to how the whole text is said. */
export interface Manner {
  readonly language?: string
  readonly voice?: string
  readonly rate?: number
  readonly pitch?: number
  readonly range?: number
  readonly volume?: number
}

/** As the whole text is said. */
export const AS_THE_REST: Manner = Object.freeze({})

/** What is said of a passage, where that is not for the rules alone. */
export type Saying =
  | { readonly is: 'alias'; readonly text: string }
  | { readonly is: 'phonemes'; readonly ipa: string }
  | { readonly is: 'kind'; readonly kind: SayAs; readonly format: string }

export const SAY_AS = [
  'cardinal',
  'number',
  'ordinal',
  'digits',
  'characters',
  'spell-out',
  'date',
  'time',
  'telephone',
  'currency',
  'money',
  'unit',
  'fraction',
] as const
/** What kind of thing is written there. */
export type SayAs = (typeof SAY_AS)[number]

/** Before the character there: so long nothing is said, or somebody wants to know when it is reached. */
export type Cue = { readonly at: number } & ({ readonly breakMs: number } | { readonly mark: string })

/** Never interpreted: what looks like markup is said as any other sign. */
export function plainText(text: string): Manuscript {
  const whole = { start: 0, end: text.length, isSentence: false, pause: 'none' } as const
  return { content: SpokenText.of(text), blocks: [whole], passages: [], cues: [] }
}
