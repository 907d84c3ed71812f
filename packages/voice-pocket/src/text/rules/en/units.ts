/** Money, percentages and units behind numbers. */
import { oneOf, type Rule, rule } from '../rule.ts'
import { cardinal, NUMBER, number, plural } from './numbers.ts'

/** Singular; an explicit plural where it is not regular. */
const UNITS: Readonly<Record<string, string | readonly [one: string, many: string]>> = {
  nm: 'nanometer',
  μm: 'micrometer',
  mm: 'millimeter',
  cm: 'centimeter',
  m: 'meter',
  km: 'kilometer',
  in: ['inch', 'inches'],
  ft: ['foot', 'feet'],
  yd: 'yard',
  mi: 'mile',
  mg: 'milligram',
  g: 'gram',
  kg: 'kilogram',
  lb: 'pound',
  lbs: 'pound',
  oz: 'ounce',
  t: 'ton',
  ml: 'milliliter',
  mL: 'milliliter',
  l: 'liter',
  L: 'liter',
  gal: 'gallon',
  ms: 'millisecond',
  s: 'second',
  sec: 'second',
  min: 'minute',
  h: 'hour',
  hr: 'hour',
  hrs: 'hour',
  KB: 'kilobyte',
  kB: 'kilobyte',
  MB: 'megabyte',
  GB: 'gigabyte',
  TB: 'terabyte',
  PB: 'petabyte',
  Kbps: ['kilobit per second', 'kilobits per second'],
  kbps: ['kilobit per second', 'kilobits per second'],
  Mbps: ['megabit per second', 'megabits per second'],
  Gbps: ['gigabit per second', 'gigabits per second'],
  Hz: ['hertz', 'hertz'],
  kHz: ['kilohertz', 'kilohertz'],
  MHz: ['megahertz', 'megahertz'],
  GHz: ['gigahertz', 'gigahertz'],
  dB: 'decibel',
  V: 'volt',
  A: 'amp',
  mA: 'milliamp',
  mAh: ['milliamp hour', 'milliamp hours'],
  W: 'watt',
  kW: 'kilowatt',
  MW: 'megawatt',
  GW: 'gigawatt',
  kWh: ['kilowatt hour', 'kilowatt hours'],
  cal: 'calorie',
  kcal: 'kilocalorie',
  J: 'joule',
  kJ: 'kilojoule',
  Pa: 'pascal',
  hPa: 'hectopascal',
  psi: ['pound per square inch', 'pounds per square inch'],
  ppm: ['part per million', 'parts per million'],
  rpm: ['revolution per minute', 'revolutions per minute'],
  bpm: ['beat per minute', 'beats per minute'],
  fps: ['frame per second', 'frames per second'],
  px: 'pixel',
  pt: 'point',
  ha: 'hectare',
  'km/h': ['kilometer per hour', 'kilometers per hour'],
  kph: ['kilometer per hour', 'kilometers per hour'],
  mph: ['mile per hour', 'miles per hour'],
  'm/s': ['meter per second', 'meters per second'],
  'mi/h': ['mile per hour', 'miles per hour'],
  mpg: ['mile per gallon', 'miles per gallon'],
  'MB/s': ['megabyte per second', 'megabytes per second'],
  'GB/s': ['gigabyte per second', 'gigabytes per second'],
  'm²': ['square meter', 'square meters'],
  m2: ['square meter', 'square meters'],
  'km²': ['square kilometer', 'square kilometers'],
  km2: ['square kilometer', 'square kilometers'],
  'cm²': ['square centimeter', 'square centimeters'],
  cm2: ['square centimeter', 'square centimeters'],
  'm³': ['cubic meter', 'cubic meters'],
  m3: ['cubic meter', 'cubic meters'],
  'cm³': ['cubic centimeter', 'cubic centimeters'],
  cm3: ['cubic centimeter', 'cubic centimeters'],
  sqft: ['square foot', 'square feet'],
  'sq ft': ['square foot', 'square feet'],
}
/** Words as well as units: only right behind the digits. */
const ATTACHED_ONLY = new Set(['in', 't', 's', 'l', 'A', 'J', 'pt', 'cal'])

const CURRENCIES: Readonly<
  Record<string, readonly [one: string, many: string, hundredth: readonly [string, string] | undefined]>
> = {
  $: ['dollar', 'dollars', ['cent', 'cents']],
  US$: ['dollar', 'dollars', ['cent', 'cents']],
  '€': ['euro', 'euros', ['cent', 'cents']],
  '£': ['pound', 'pounds', ['penny', 'pence']],
  '¥': ['yen', 'yen', undefined],
  '₩': ['won', 'won', undefined],
  '₹': ['rupee', 'rupees', ['paisa', 'paise']],
  USD: ['dollar', 'dollars', ['cent', 'cents']],
  EUR: ['euro', 'euros', ['cent', 'cents']],
  GBP: ['pound', 'pounds', ['penny', 'pence']],
  KRW: ['won', 'won', undefined],
  JPY: ['yen', 'yen', undefined],
  CA$: ['Canadian dollar', 'Canadian dollars', ['cent', 'cents']],
  A$: ['Australian dollar', 'Australian dollars', ['cent', 'cents']],
}
const SCALES: Readonly<Record<string, string>> = {
  k: 'thousand',
  K: 'thousand',
  m: 'million',
  M: 'million',
  mn: 'million',
  b: 'billion',
  B: 'billion',
  bn: 'billion',
  T: 'trillion',
  tn: 'trillion',
}
const PERIODS: Readonly<Record<string, string>> = { mo: 'month', yr: 'year' }
const BEFORE = String.raw`(?<![A-Za-z\d.,])`
const MONEY = oneOf(Object.keys(CURRENCIES))

export const MONEY_RULES: readonly Rule[] = [
  // As Britain paid until 1971: 12s. 6d., £3 12s. 6d.
  rule(
    /(?<![A-Za-z\d.,])(?:£(\d{1,6}),? )?(\d{1,2})s\.?,? (\d{1,2})d(?:\.(?=,? [a-z]))?(?![A-Za-z\d])/g,
    ([, pounds, shillings = '', pence = '']) =>
      [
        ...(pounds === undefined ? [] : [money('£', pounds)]),
        `${cardinal(shillings)} ${shillings === '1' ? 'shilling' : 'shillings'}`,
        `${cardinal(pence)} ${pence === '1' ? 'penny' : 'pence'}`,
      ].join(' '),
  ),
  rule(
    /(?<![A-Za-z\d])([$€£])(\d{1,4}(?:\.\d+)?) ?[-–] ?(?:[$€£])?(\d{1,4}(?:\.\d+)?) (thousand|million|billion|trillion)/g,
    ([, sign = '', from = '', to = '', scale]) =>
      `${number(from)} to ${number(to)} ${scale} ${CURRENCIES[sign]?.[1]}`,
  ),
  rule(/(?<=[$€£]\d{1,9}(?:\.\d{1,2})?) ?[-–] ?(?=[$€£]\d)/g, () => ' to '),
  rule(
    new RegExp(
      `(?<![A-Za-z])(${MONEY}) ?(${NUMBER}) ?(thousand|million|billion|trillion|${oneOf(Object.keys(SCALES))})(?![A-Za-z\\d])`,
      'g',
    ),
    ([, sign = '', amount = '', scale = '']) =>
      `${number(amount)} ${SCALES[scale] ?? scale} ${CURRENCIES[sign]?.[1]}`,
  ),
  rule(new RegExp(`(?<![A-Za-z])(${MONEY}) ?(${NUMBER})(?!\\d)`, 'g'), ([, sign = '', amount = '']) =>
    money(sign, amount),
  ),
  rule(
    new RegExp(
      `${BEFORE}(${NUMBER}) ?(${oneOf(['USD', 'EUR', 'GBP', 'KRW', 'JPY', '€', '£', '₩'])})(?![A-Za-z\\d])`,
      'g',
    ),
    ([, amount = '', sign = '']) => money(sign, amount),
  ),
  rule(
    new RegExp(`${BEFORE}(\\d{1,2})p(?![A-Za-z\\d])`, 'g'),
    ([, amount = '']) => `${cardinal(amount)} ${amount === '1' ? 'penny' : 'pence'}`,
  ),
  rule(
    new RegExp(`${BEFORE}(\\d{1,3}) ?¢`, 'g'),
    ([, amount = '']) => `${cardinal(amount)} ${amount === '1' ? 'cent' : 'cents'}`,
  ),
]

export const UNIT_RULES: readonly Rule[] = [
  rule(
    new RegExp(`${BEFORE}([-−])?(${NUMBER}) ?°([CF])(?![A-Za-z])`, 'g'),
    ([, sign, value = '', scale]) =>
      `${sign === undefined ? '' : 'minus '}${number(value)} ${value === '1' ? 'degree' : 'degrees'} ${scale === 'C' ? 'Celsius' : 'Fahrenheit'}`,
  ),
  rule(
    new RegExp(`${BEFORE}(${NUMBER}) ?°`, 'g'),
    ([, value = '']) => `${number(value)} ${value === '1' ? 'degree' : 'degrees'}`,
  ),
  rule(new RegExp(`${BEFORE}(${NUMBER}) ?%`, 'g'), ([, value = '']) => `${number(value)} percent`),
  // With its full stop it is no preposition.
  rule(
    new RegExp(`${BEFORE}(${NUMBER}) ?in\\.(?=,? [a-z])`, 'g'),
    ([, value = '']) => `${number(value)} ${value === '1' ? 'inch' : 'inches'}`,
  ),
  rule(
    new RegExp(
      `${BEFORE}(${NUMBER})( ?|-)(${oneOf(Object.keys(UNITS))})(?:\\.(?= [a-z\\d]))?(?![A-Za-z\\d²³/])`,
      'g',
    ),
    ([, value = '', gap, name = '']) => {
      if (gap !== '' && ATTACHED_ONLY.has(name)) return undefined
      const unit = UNITS[name] ?? name
      const [one, many] = typeof unit === 'string' ? [unit, plural(unit)] : unit
      return `${number(value)} ${value === '1' || gap === '-' ? one : many}`
    },
  ),
  rule(
    new RegExp(`${BEFORE}(\\d{1,2})['′’](\\d{1,2})["″”](?!\\w)`, 'g'),
    ([, feet = '', inches = '']) => `${cardinal(feet)} foot ${cardinal(inches)}`,
  ),
  rule(/(?<=[a-z])\/(lb|kg|oz|gal|hr|mo|yr|mi|sqft)(?![A-Za-z\d])/g, ([, name = '']) => {
    const unit = UNITS[name] ?? PERIODS[name] ?? name
    return ` per ${typeof unit === 'string' ? unit : unit[0]}`
  }),
]

function money(sign: string, amount: string): string {
  const [one = sign, many = sign, hundredth] = CURRENCIES[sign] ?? []
  const [units = '0', cents] = amount.split('.')
  const whole = `${cardinal(units)} ${units === '1' ? one : many}`
  if (cents === undefined || Number(cents) === 0) return whole
  if (hundredth === undefined || cents.length !== 2) return `${number(amount)} ${many}`
  const small = `${cardinal(cents)} ${hundredth[cents === '01' ? 0 : 1]}`
  return Number(units) === 0 ? small : `${whole} and ${small}`
}
