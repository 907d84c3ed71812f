/**
 * What `prosody` says, as numbers of a manner: https://www.w3.org/TR/speech-synthesis11/#S3.2.4. A value with a sign is
 * relative to what is around the element; all others to how the text as a whole is said.
 */
import { MarkupError } from '../../exceptions.ts'
import type { Manner } from '../manuscript.ts'

export const PROSODY = ['rate', 'pitch', 'range', 'volume'] as const
export type Prosody = (typeof PROSODY)[number]

interface Scale {
  /** As of a request's option. */
  readonly min: number
  readonly max: number
  readonly words: Readonly<Record<string, number>>
  /** What it may be besides, for people. */
  readonly rule: string
  readonly units: Readonly<Record<string, (value: number, isSigned: boolean) => number>>
}

/** So many make the difference between the pitches 1 and 2, and 0 and 1, of the embedded engine. */
const SEMITONES = 8

const percent = (value: number, isSigned: boolean) => (isSigned ? 1 + value / 100 : value / 100)
const semitones = (value: number) => 1 + value / SEMITONES

const SCALES: Readonly<Record<Prosody, Scale>> = {
  rate: {
    min: 0.25,
    max: 4,
    words: { 'x-slow': 0.5, slow: 0.75, fast: 1.5, 'x-fast': 2 },
    rule: '80%, +20%, or a number such as 1.2',
    units: { '%': percent, '': (value, isSigned) => (isSigned ? Number.NaN : value) },
  },
  pitch: {
    min: 0,
    max: 2,
    words: { 'x-low': 0.5, low: 0.75, high: 1.25, 'x-high': 1.5 },
    rule: '+10%, or +2st (Hz would be another voice’s)',
    units: {
      '%': (value, isSigned) => semitones(12 * Math.log2(percent(value, isSigned))),
      st: (value, isSigned) => (isSigned ? semitones(value) : Number.NaN),
    },
  },
  range: {
    min: 0,
    max: 2,
    words: { 'x-low': 0.5, low: 0.75, high: 1.5, 'x-high': 2 },
    rule: '80% or +20%',
    units: { '%': percent },
  },
  volume: {
    min: 0,
    max: 1,
    // There is nothing louder than full loudness, which is what a text is said with.
    words: { silent: 0, 'x-soft': 0.25, soft: 0.5, loud: 1, 'x-loud': 1 },
    rule: '-6dB, -20%, or a number from 0 to 100',
    units: {
      '%': percent,
      dB: (value, isSigned) => (isSigned ? 10 ** (value / 20) : Number.NaN),
      '': (value, isSigned) => (isSigned ? Number.NaN : value / 100),
    },
  },
}
const SAME = { default: 1, medium: 1 } as const
const VALUE = /^(?<sign>[+-])?(?<digits>\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})(?<unit>%|st|dB|Hz)?$/u

/**
 * The number that holds within an element with this value.
 * @throws MarkupError, which says the rule
 */
export function prosodyValue(name: Prosody, written: string, around: Manner): number {
  const { words, units, rule, min, max } = SCALES[name]
  const known: Readonly<Record<string, number>> = { ...SAME, ...words }
  const word = Object.hasOwn(known, written) ? known[written] : undefined
  if (word !== undefined) return word
  const { sign, digits = '', unit = '' } = VALUE.exec(written)?.groups ?? {}
  const number = units[unit]?.(Number(`${sign ?? ''}${digits}`), sign !== undefined)
  if (digits === '' || number === undefined || Number.isNaN(number)) {
    throw new MarkupError(`must be one of ${Object.keys(known).join(', ')}, or such as ${rule}`)
  }
  const value = Math.round(number * (sign === undefined ? 1 : (around[name] ?? 1)) * 10_000) / 10_000
  if (value >= min && value <= max) return value
  throw new MarkupError(`makes a ${name} of ${value}; it must be from ${min} to ${max}, and 1 is normal`)
}
