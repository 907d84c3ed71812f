/** `original.slice(start, end)`. */
export interface Place {
  readonly start: number
  readonly end: number
}

/** A word as it is said, and the part of the original it says. */
export interface SpokenWord extends Place {
  readonly text: string
}

/** A stretch of what is said, as JSON has it, too; `verbatim` when it is the original's own characters, one for one. */
export interface Run extends Place {
  readonly text: string
  readonly verbatim: boolean
  /** Somebody said how it is said: no rule rewrites it. */
  readonly fixed?: true
  /** Its sounds in IPA, for who can say them. */
  readonly ipa?: string
}

/** `text.slice(start, end)` is said with these sounds, in IPA. */
export interface Sounds extends Place {
  readonly ipa: string
}

/** What was told of a stretch by whoever wrote it. */
export interface Told {
  readonly text: string
  readonly ipa?: string
}

/**
 * What will be said of an original text, and for every part of it the place in the original that it stands for:
 * "3km" becomes "삼 킬로미터", and both of its words still stand for "3km". Rules rewrite it one after the other,
 * each on what the ones before it made; none of them has to think of places.
 * 1. Places never go backwards, and lie within the original.
 * 2. What no rule touched stands for exactly itself.
 * 3. What was told stays as it was told.
 * Immutable, and the same again after JSON.
 */
export class SpokenText {
  readonly text: string
  readonly #runs: readonly Run[]
  /** Where each run begins in `text`. */
  readonly #offsets: readonly number[]
  readonly #hasFixed: boolean

  /** The part of `original` from `start` to `end`, as it stands there. */
  static of(original: string, start = 0, end: number = original.length): SpokenText {
    return new SpokenText([{ text: original.slice(start, end), start, end, verbatim: true }])
  }

  /** Another text in the place of the original's; rules may rewrite it. */
  static inPlaceOf({ start, end }: Place, text: string): SpokenText {
    return new SpokenText([{ text, start, end, verbatim: false }])
  }

  /** The same, and rules leave it as it is. */
  static told({ start, end }: Place, told: Told): SpokenText {
    return new SpokenText([{ ...told, start, end, verbatim: false, fixed: true }])
  }

  /** One behind the other; all of the same original, in its order. */
  static join(parts: readonly SpokenText[]): SpokenText {
    const [only, ...others] = parts
    return only !== undefined && others.length === 0
      ? only
      : new SpokenText(parts.flatMap((part) => part.#runs))
  }

  /** As `toJSON` gives them: in order, as what they stand for is. */
  static ofRuns(runs: readonly Run[]): SpokenText {
    return new SpokenText(runs)
  }

  private constructor(runs: readonly Run[]) {
    this.#runs = runs.filter(({ text }) => text !== '')
    this.#hasFixed = this.#runs.some(({ fixed }) => fixed)
    this.text = this.#runs.map(({ text }) => text).join('')
    let offset = 0
    this.#offsets = this.#runs.map(({ text }) => {
      offset += text.length
      return offset - text.length
    })
  }

  /**
   * Says something else for each match of the pattern (which needs the flag `g`); `undefined` leaves a match as it is.
   * The replacement stands for everything that the match stood for.
   */
  replace(pattern: RegExp, say: (match: RegExpExecArray) => string | undefined): SpokenText {
    const runs: Run[] = []
    let kept = 0
    for (const match of this.text.matchAll(pattern)) {
      const said = say(match)
      if (said === undefined || said === match[0]) continue
      const end = match.index + match[0].length
      if (this.#isFixed(match.index, end)) continue
      runs.push(...this.#slice(kept, match.index))
      runs.push({ text: said, ...this.place(match.index, end), verbatim: false })
      kept = end
    }
    if (kept === 0 && runs.length === 0) return this
    runs.push(...this.#slice(kept, this.text.length))
    return new SpokenText(runs)
  }

  /** Where `text.slice(from, to)` stands in the original. */
  place(from: number, to: number): Place {
    const [first, last] = [
      this.#slice(from, Math.min(from + 1, to))[0],
      this.#slice(Math.max(to - 1, from), to)[0],
    ]
    if (first !== undefined && last !== undefined) return { start: first.start, end: last.end }
    const at = this.#slice(from, from + 1)[0]?.start ?? this.#runs.at(-1)?.end ?? 0
    return { start: at, end: at }
  }

  /** Whether the character of `text` there is the original's own. */
  isVerbatim(index: number): boolean {
    return this.#slice(index, index + 1)[0]?.verbatim ?? false
  }

  slice(from: number, to: number): SpokenText {
    return new SpokenText(this.#slice(from, to))
  }

  /** The same of an original that stands further behind in a longer one. */
  moved(offset: number): SpokenText {
    return new SpokenText(
      this.#runs.map((run) => ({ ...run, start: run.start + offset, end: run.end + offset })),
    )
  }

  /** In order. */
  sounds(): Sounds[] {
    return this.#runs.flatMap(({ text, ipa }, index) => {
      const start = Number(this.#offsets[index])
      return ipa === undefined ? [] : [{ start, end: start + text.length, ipa }]
    })
  }

  toJSON(): readonly Run[] {
    return this.#runs
  }

  /** Between blanks. */
  words(): SpokenWord[] {
    return [...this.text.matchAll(/\S+/gu)].map(({ 0: text, index }) => ({
      text,
      ...this.place(index, index + text.length),
    }))
  }

  #isFixed(from: number, to: number): boolean {
    return this.#hasFixed && this.#slice(from, to).some(({ fixed }) => fixed)
  }

  #slice(from: number, to: number): Run[] {
    const cut: Run[] = []
    for (let index = this.#runAt(from); index < this.#runs.length; index++) {
      const [run, at] = [this.#runs[index], this.#offsets[index]]
      if (run === undefined || at === undefined || at >= to) break
      const [first, last] = [Math.max(from - at, 0), Math.min(to - at, run.text.length)]
      if (first < last) cut.push(part(run, first, last))
    }
    return cut
  }

  /** Which run `text[offset]` is in; by halves, because a long text may have thousands. */
  #runAt(offset: number): number {
    let [low, high] = [0, this.#runs.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (Number(this.#offsets[middle]) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Half of a replacement stands for all that the whole of it stood for: nobody can say for which half. */
function part(run: Run, from: number, to: number): Run {
  const text = run.text.slice(from, to)
  if (!run.verbatim) return { ...run, text }
  return { text, start: run.start + from, end: run.start + to, verbatim: true }
}
