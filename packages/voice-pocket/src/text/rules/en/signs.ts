/** Fractions, ranges, ratios, arithmetic, signs that are words, and the numbers that are left. */
import { type Rule, rule } from '../rule.ts'
import { cardinal, digitByDigit, INTEGER, NUMBER, number, ordinal, plural } from './numbers.ts'

export const FRACTION_RULES: readonly Rule[] = [
  rule(
    /(?<![\d/.,])(\d{1,3}) (\d{1,2})\/(\d{1,3})(?![\d/]|\.\d)/g,
    ([, whole = '', above = '', below = '']) => `${cardinal(whole)} and ${fraction(above, below)}`,
  ),
  rule(/(?<![\d/.,])(\d{1,3})\/(\d{1,3})(?![\d/]|\.\d|,\d)/g, ([, above = '', below = '']) =>
    Number(above) < Number(below) ? fraction(above, below) : `${cardinal(above)} over ${cardinal(below)}`,
  ),
]

export const BETWEEN_NUMBERS: readonly Rule[] = [
  rule(/(?<![\d.,-])(\d{1,4}) ?- ?(?=(\d{1,4}) [a-z])/g, ([, from = '', to = '']) =>
    Number(from) < Number(to) ? `${from} to ` : undefined,
  ),
  rule(/(?<![\p{L}\d])#(?=\d)/gu, () => 'number '),
  rule(/(?<=\d(?:%|°[CF]?|[ap]m)?) ?[–—~∼〜] ?(?=[$€£]?\d)/g, () => ' to '),
  rule(
    /(?<![\d-])(\d{1,4}) ?- ?(?=(\d{1,4}) ?(?:(?:years?|days?|weeks?|months?|hours?|minutes?|seconds?|people|times|miles?|percent|km|kg|cm|mm|m|g|lbs?|degrees|GB|MB)\b|[%°]))/g,
    ([, from = '', to = '']) => (Number(from) < Number(to) ? `${from} to ` : undefined),
  ),
  rule(/(?<=\b(?:pages|ages|aged|chapters|verses|lines|numbers|from) \d{1,4}) ?- ?(?=\d)/g, () => ' to '),
  rule(
    /(?<=\b(?:[Ww]on|[Ll]ost|[Bb]eat|[Ll]ed|[Ss]cored?|by|[Ll]ead|[Vv]ictory|[Ww]in|[Ll]oss|[Ss]core of|[Tt]ied|[Vv]oted?)(?: [A-Za-z]+){0,2} \d{1,3})-(?=\d{1,3}\b)/g,
    () => ' to ',
  ),
  rule(
    /(?<![\d:])(\d{1,4}):(\d{1,4})(?![\d:])/g,
    ([, left = '', right = '']) => `${cardinal(left)} to ${cardinal(right)}`,
  ),
  // Of what has a length it is "by".
  rule(
    /(?<=\d)(?: ?[×xX] ?\d+(?:\.\d+)?){1,3}(?= ?(?:-?inch|inches|feet|foot|ft|yards?|meters?|metres?|centimeters?|millimeters?|miles?|mm|cm|m|km|in|px|pixels)\b)/g,
    ([others]) => others.replace(/ ?[×xX] ?/g, ' by '),
  ),
  rule(/(?<=\d) ?[×✕✖] ?(?=\d)|(?<=\d) ?[xX] ?(?=\d)/g, () => ' times '),
  rule(/(?<=\d) ?÷ ?(?=\d)/g, () => ' divided by '),
  rule(/(?<=\d) ?\+ ?(?=\d)/g, () => ' plus '),
  rule(/(?<=\d) [-−] (?=\d)|(?<=\d)−(?=\d)/g, () => ' minus '),
  rule(/(?<=[\d)]) ?= ?(?=[-−(]?[\d?])/g, () => ' equals '),
  rule(/(?<=[A-Za-z\d)]) ?(?:<=|≤) ?(?=[-\d])/g, () => ' is at most '),
  rule(/(?<=[A-Za-z\d)]) ?(?:>=|≥) ?(?=[-\d])/g, () => ' is at least '),
  rule(/(?<=\d) ?< ?(?=\d)|(?<=[A-Za-z)]) < (?=[-\d])/g, () => ' is less than '),
  rule(/(?<=\d) ?> ?(?=\d)|(?<=[A-Za-z)]) > (?=[-\d])/g, () => ' is greater than '),
  rule(/(?<![\p{L}\d)\]-])[-−](?=\d)|(?<=^| )–(?=\d)/gu, () => 'minus '),
  rule(/(?<![\p{L}\d)\]])\+(?=\d)/gu, () => 'plus '),
  rule(/±(?= ?\d)/g, () => 'plus or minus '),
]

/** Whatever no rule has read so far. */
export const NUMBERS_LEFT: readonly Rule[] = [
  rule(/(?<=[\dA-Za-z)])\^(\d{1,4})(?!\d)/g, ([, power = '']) =>
    power === '2' ? ' squared' : power === '3' ? ' cubed' : ` to the power of ${cardinal(power)}`,
  ),
  rule(/(?<=[A-Za-z\d)])²/gu, () => ' squared'),
  rule(/(?<=[A-Za-z\d)])³/gu, () => ' cubed'),
  rule(
    new RegExp(`(?<![\\d.,A-Za-z])(${NUMBER})(M|bn)(?![A-Za-z\\d])`, 'g'),
    ([, value = '', scale]) => `${number(value)} ${scale === 'M' ? 'million' : 'billion'}`,
  ),
  rule(new RegExp(`(?<![\\d.,A-Za-z])(${INTEGER})(?:st|nd|rd|th)\\b`, 'g'), ([, digits = '']) =>
    ordinal(digits),
  ),
  rule(/(?<![\d.,])0\d+(?![\d.,]*\d)/g, ([digits]) => digitByDigit(digits, 'oh')),
  rule(/(?<![\d.,])00+(?!\d)/g, ([digits]) => digitByDigit(digits)),
  rule(new RegExp(`(?<=[A-Za-z])-?(${NUMBER})(?!\\d)`, 'g'), ([, value = '']) => ` ${number(value)}`),
  rule(new RegExp(`(?<![\\d.,])(${NUMBER})(?=[A-Za-z])`, 'g'), ([, value = '']) => `${number(value)} `),
  rule(new RegExp(`(${NUMBER})(?!\\d)`, 'g'), ([, value = '']) => number(value)),
  rule(new RegExp(INTEGER, 'g'), ([value]) => cardinal(value)),
]

const WORDS: Readonly<Record<string, string>> = {
  '&': ' and ',
  '@': ' at ',
  '%': ' percent',
  '°': ' degrees',
  '+': ' plus ',
  '=': ' equals ',
  '§': ' section ',
  '∞': ' infinity',
  '≤': ' is at most ',
  '≥': ' is at least ',
  '≠': ' is not ',
  '≈': ' about ',
  '√': ' the square root of ',
  '×': ' times ',
  '÷': ' divided by ',
  '±': ' plus or minus ',
  '¢': ' cents',
  $: ' dollars',
  '€': ' euros',
  '£': ' pounds',
  '¥': ' yen',
  '₩': ' won',
  π: 'pi',
  α: 'alpha',
  β: 'beta',
  γ: 'gamma',
  δ: 'delta',
  θ: 'theta',
  λ: 'lambda',
  μ: 'mu',
  σ: 'sigma',
  Ω: 'omega',
  ω: 'omega',
  '→': ' to ',
}

export const SIGN_RULES: readonly Rule[] = [
  rule(/(?<![\p{L}\d])#(?=[\p{L}_])/gu, () => 'hashtag '),
  rule(/\band\/or\b/gu, () => 'and or'),
  rule(/(?<=[\p{L}]) ?\/ ?(?=[\p{L}])/gu, () => ' slash '),
  rule(/[&@%°+=§∞≤≥≠≈√×÷±¢$€£¥₩παβγδθλμσωΩ→]/gu, ([sign]) => WORDS[sign]),
  rule(/[~*_|^\\#←↑↓↔⇒⇐•■□●○◆◇▲△▼▽★☆※†‡¶™®©`<>/]/gu, () => ' '),
]

function fraction(above: string, below: string): string {
  const [one, many] =
    below === '2'
      ? ['half', 'halves']
      : below === '4'
        ? ['quarter', 'quarters']
        : [ordinal(below), plural(ordinal(below))]
  if (Number(below) === 1 || Number(above) === 0) return `${cardinal(above)} over ${cardinal(below)}`
  return `${cardinal(above)} ${above === '1' ? one : many}`
}
