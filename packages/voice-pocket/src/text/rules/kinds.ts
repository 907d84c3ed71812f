/** What a writer can tell of a thing beside its letters, as every language is given it. */

export interface WrittenDate {
  readonly year?: string
  readonly month?: string
  readonly day?: string
}

export interface WrittenTime {
  /** `15:05`, `3:30:10`. */
  readonly clock: string
  readonly half?: 'am' | 'pm'
}

/** How a language says what is known to be of a kind; the rules of the language go over what is left of signs in it. */
export interface Kinds {
  /** `-1,234.5`. */
  cardinal?(written: string): string
  /** Digits. */
  ordinal?(digits: string): string
  /** Digits one by one, whatever is between them. */
  digits?(written: string): string
  /** Every letter, digit and sign by its name. */
  characters?(written: string): string
  telephone?(written: string): string
  /** With at least one of the three. */
  date?(date: WrittenDate): string
  time?(time: WrittenTime): string
}
