/** A manuscript cut where something ends or changes: sentences, and the stretches of them that are said in one go. */
import { isDeepStrictEqual } from 'node:util'
import { AS_THE_REST, type Block, type Manner, type Passage } from './manuscript.ts'
import { MAX_SEGMENT_LENGTH, type Pause, segment } from './segment.ts'
import { splitLong } from './split-long.ts'
import type { Place } from './spoken-text.ts'

export interface Stretch extends Place {
  readonly pause: Pause
}

/** Passages or cues, asked for from the beginning to the end; each is looked at once. */
export class Cursor<Thing> {
  readonly #things: readonly Thing[]
  readonly #place: (thing: Thing) => Place
  #next = 0

  constructor(things: readonly Thing[], place: (thing: Thing) => Place) {
    this.#things = things
    this.#place = place
  }

  /** Those that begin before `end` and are not yet over at `start`. */
  within(start: number, end: number): Thing[] {
    const found: Thing[] = []
    for (let index = this.#next; index < this.#things.length; index++) {
      const thing = this.#things[index] as Thing
      const place = this.#place(thing)
      if (place.start >= end) break
      if (place.end <= start) this.#next = index + 1
      else found.push(thing)
    }
    return found
  }
}

/** In order; no sentence ends within a passage that is said as a whole. */
export function sentencesOf(text: string, block: Block, passages: Cursor<Passage>): Stretch[] {
  const { start, end, isSentence, pause } = block
  const own = text.slice(start, end)
  const segments = isSentence ? splitLong(own, 0, own.length, pause, MAX_SEGMENT_LENGTH) : segment(own)
  const whole = passages.within(start, end).filter(({ saying }) => saying !== undefined)
  const sentences: Stretch[] = []
  let [from, next] = [start, 0]
  for (const each of segments) {
    const to = start + each.end
    while (Number(whole[next]?.end) < to) next += 1
    if (Number(whole[next]?.start) < to && Number(whole[next]?.end) > to) continue
    sentences.push({ start: from, end: to, pause: each.pause })
    from = to
  }
  return sentences
}

/** What ends a word or a clause is said with it, also where the manner has changed before. */
const ENDING = /[\p{Pe}\p{Pf}.,!?;:…、。，！？"']+(?=\s|$)/uy

/** Where another manner begins, in order; the first is that of the beginning. */
export function manners(
  text: string,
  { start, end }: Place,
  passages: readonly Passage[],
): { at: number; manner: Manner }[] {
  const changes: { at: number; manner: Manner }[] = []
  const change = (at: number, manner: Manner) => {
    if (!isDeepStrictEqual(changes.at(-1)?.manner, manner)) changes.push({ at, manner })
  }
  let at = start
  for (const passage of passages) {
    if (passage.start > at) change(at, AS_THE_REST)
    change(Math.max(passage.start, start), passage.manner)
    at = passage.end
  }
  if (at < end || changes.length === 0) change(at, AS_THE_REST)
  return changes.map(({ at, manner }, index) => {
    const next = changes[index + 1]?.at ?? end
    const behind = index === 0 ? at : Math.min(behindEnding(text, at), next)
    return { at: passages.some((passage) => isCutBy(passage, behind)) ? at : behind, manner }
  })
}

function isCutBy({ start, end, saying }: Passage, at: number): boolean {
  return saying !== undefined && start < at && at < end
}

function behindEnding(text: string, at: number): number {
  ENDING.lastIndex = at
  return at + (ENDING.exec(text)?.[0].length ?? 0)
}
