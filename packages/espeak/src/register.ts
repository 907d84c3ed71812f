/**
 * How eSpeak NG comes near to how somebody speaks: how high, how lively and how fast. It has no other likeness to
 * anybody. The figures were measured of eSpeak itself, by the same method as people's recordings.
 */

export interface MeasuredVoice {
  /** In Hz, the median. */
  readonly pitch: number
  /** Between the lowest and the highest tenth, in semitones. */
  readonly spread: number
  /** A second, pauses left out. */
  readonly syllables: number
}

export interface Register {
  readonly name: string
  readonly rate: number
  readonly pitch: number
  readonly range: number
}

type Curve = readonly (readonly [measured: number, setting: number])[]

/** In Hz, of Korean and of English. The voice of a language itself is a man's, its variant `f2` a woman's. */
const LOW: Curve = [
  [69, 0],
  [84, 0.5],
  [104, 1],
  [133, 1.5],
  [172, 2],
]
const HIGH: Curve = [
  [136, 0],
  [164, 0.5],
  [202, 1],
  [255, 1.5],
  [329, 2],
]
/** Both voices reach it; above it, people are women or children. */
const HIGH_FROM_HZ = 150

/** In syllables a second. */
const RATE: Curve = [
  [3.2, 0.5],
  [4.6, 0.7],
  [6.1, 1],
  [7.8, 1.4],
  [9.9, 2],
]

/** People's melody moves more than eSpeak's: theirs, in semitones, is what its normal stands for. */
const ORDINARY_SPREAD = 5
const RANGE = { min: 0.4, max: 1.6 }
/** A livelier melody rises more than it falls: so much higher is the median at a range of 2 than at 1. */
const RISE = 1.165

export function registerOf({ pitch, spread, syllables }: MeasuredVoice): Register {
  const range = Math.min(RANGE.max, Math.max(RANGE.min, spread / ORDINARY_SPREAD))
  const isHigh = pitch >= HIGH_FROM_HZ
  return {
    name: isHigh ? 'f2' : '',
    rate: rounded(along(RATE, syllables)),
    pitch: rounded(along(isHigh ? HIGH : LOW, pitch / RISE ** (range - 1))),
    range: rounded(range),
  }
}

/** Between two points by the ratio, as both pitch and pace are heard; what is beyond them is their end. */
function along(curve: Curve, measured: number): number {
  const next = curve.findIndex(([at]) => at >= measured)
  const above = curve.at(next)
  const below = next > 0 ? curve[next - 1] : above
  if (above === undefined || below === undefined || above === below) return above?.[1] ?? 0
  const share = Math.log(measured / below[0]) / Math.log(above[0] / below[0])
  return below[1] + share * (above[1] - below[1])
}

function rounded(setting: number): number {
  return Math.round(setting * 100) / 100
}
