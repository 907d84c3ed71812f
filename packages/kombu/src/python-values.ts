/**
 * Values that travel in Kombu's JSON and that JavaScript has no type for. Each keeps the exact text of the wire,
 * so that a message passed on is the message received; `String(value)` is that text.
 */
class TextValue {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }

  toJSON(): string {
    return this.text
  }
}

/** Python's `decimal.Decimal`, e.g. `12.50`. */
export class Decimal extends TextValue {}

/** Python's `datetime.date`: `2026-08-01`, in no particular time zone. */
export class PlainDate extends TextValue {}

/** Python's `datetime.time`: `09:30:00`, with an offset or without. */
export class PlainTime extends TextValue {}
