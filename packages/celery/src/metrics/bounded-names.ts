/** What stands for all names beyond the bound. */
const OTHER = 'other'

/** Names that strangers choose, as labels: each name is a series that stays, so that only so many are told apart. */
export class BoundedNames {
  readonly #names = new Set<string>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  of(name: string): string {
    if (this.#names.has(name)) return name
    if (this.#names.size >= this.#most) return OTHER
    this.#names.add(name)
    return name
  }
}

/** Events have exceptions as Python's `repr` writes them: `ValueError('text')`. */
export function exceptionName(repr: unknown): string {
  return /^[\w.]+/.exec(String(repr ?? ''))?.[0] ?? ''
}
