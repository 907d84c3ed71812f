/** Units behind numbers, money, percentages. Names after the 국제단위계 as 외래어 표기법 writes them. */
import { oneOf, type Rule, rule } from '../rule.ts'
import { INTEGER, NUMBER, number } from './numbers.ts'

const METRES: Readonly<Record<string, string>> = {
  nm: '나노미터',
  μm: '마이크로미터',
  um: '마이크로미터',
  mm: '밀리미터',
  cm: '센티미터',
  m: '미터',
  km: '킬로미터',
}
const OTHERS: Readonly<Record<string, string>> = {
  μg: '마이크로그램',
  mg: '밀리그램',
  g: '그램',
  kg: '킬로그램',
  Kg: '킬로그램',
  KG: '킬로그램',
  t: '톤',
  ton: '톤',
  mL: '밀리리터',
  ml: '밀리리터',
  dL: '데시리터',
  dl: '데시리터',
  L: '리터',
  l: '리터',
  ℓ: '리터',
  kL: '킬로리터',
  cc: '시시',
  Km: '킬로미터',
  KM: '킬로미터',
  ha: '헥타르',
  a: '아르',
  in: '인치',
  inch: '인치',
  ft: '피트',
  lb: '파운드',
  lbs: '파운드',
  oz: '온스',
  mi: '마일',
  mile: '마일',
  ms: '밀리초',
  sec: '초',
  min: '분',
  hr: '시간',
  hrs: '시간',
  B: '바이트',
  KB: '킬로바이트',
  kB: '킬로바이트',
  MB: '메가바이트',
  GB: '기가바이트',
  TB: '테라바이트',
  PB: '페타바이트',
  KiB: '키비바이트',
  MiB: '메비바이트',
  GiB: '기비바이트',
  bit: '비트',
  Kbps: '킬로비피에스',
  kbps: '킬로비피에스',
  Mbps: '메가비피에스',
  Gbps: '기가비피에스',
  bps: '비피에스',
  Hz: '헤르츠',
  kHz: '킬로헤르츠',
  KHz: '킬로헤르츠',
  MHz: '메가헤르츠',
  GHz: '기가헤르츠',
  dB: '데시벨',
  V: '볼트',
  kV: '킬로볼트',
  mA: '밀리암페어',
  A: '암페어',
  mAh: '밀리암페어시',
  Ah: '암페어시',
  W: '와트',
  kW: '킬로와트',
  MW: '메가와트',
  GW: '기가와트',
  Wh: '와트시',
  kWh: '킬로와트시',
  Ω: '옴',
  J: '줄',
  kJ: '킬로줄',
  N: '뉴턴',
  K: '켈빈',
  cal: '칼로리',
  kcal: '킬로칼로리',
  Kcal: '킬로칼로리',
  Pa: '파스칼',
  hPa: '헥토파스칼',
  kPa: '킬로파스칼',
  mmHg: '밀리미터에이치지',
  ppm: '피피엠',
  ppb: '피피비',
  rpm: '알피엠',
  bpm: '비피엠',
  fps: '에프피에스',
  px: '픽셀',
  pt: '포인트',
  dpi: '디피아이',
  mol: '몰',
  lm: '루멘',
  lx: '럭스',
  Sv: '시버트',
  mSv: '밀리시버트',
  ct: '캐럿',
  pH: '피에이치',
}
/** Said before the number. */
const SPEEDS: Readonly<Record<string, readonly [before: string, after: string]>> = {
  'km/h': ['시속', '킬로미터'],
  'km/s': ['초속', '킬로미터'],
  'm/s': ['초속', '미터'],
  'm/min': ['분속', '미터'],
  kph: ['시속', '킬로미터'],
  mph: ['시속', '마일'],
  'MB/s': ['초당', '메가바이트'],
  'GB/s': ['초당', '기가바이트'],
  'L/min': ['분당', '리터'],
  'km/L': ['리터당', '킬로미터'],
  'km/l': ['리터당', '킬로미터'],
  'mg/L': ['리터당', '밀리그램'],
  'mg/dL': ['데시리터당', '밀리그램'],
  'g/L': ['리터당', '그램'],
  'g/cm3': ['세제곱센티미터당', '그램'],
  'kg/m3': ['세제곱미터당', '킬로그램'],
  'μg/m3': ['세제곱미터당', '마이크로그램'],
  'm/s2': ['초 제곱당', '미터'],
}
const POWERS: Readonly<Record<string, string>> = {
  '2': '제곱',
  '²': '제곱',
  '^2': '제곱',
  '3': '세제곱',
  '³': '세제곱',
  '^3': '세제곱',
}
const CURRENCIES: Readonly<Record<string, string>> = {
  '₩': '원',
  '￦': '원',
  $: '달러',
  US$: '달러',
  '€': '유로',
  '£': '파운드',
  '¥': '엔',
  '￥': '엔',
  '₹': '루피',
  '₿': '비트코인',
  元: '위안',
  '฿': '바트',
  '₫': '동',
  '₽': '루블',
}
const CODES: Readonly<Record<string, string>> = {
  KRW: '원',
  USD: '달러',
  EUR: '유로',
  GBP: '파운드',
  JPY: '엔',
  CNY: '위안',
  RMB: '위안',
  CAD: '캐나다 달러',
  AUD: '호주 달러',
  HKD: '홍콩 달러',
}
const HUNDREDTHS: Readonly<Record<string, string>> = { $: '센트', US$: '센트', '€': '센트', '£': '펜스' }

/** 3만5천, 1.5억, 12,345. */
export const AMOUNT = String.raw`${NUMBER}(?:(?:[천백]?[만억조경]|[천백])(?:\d[\d,]*| \d[\d,]*(?=[만억조천백]))?){0,4}`
const BEFORE = String.raw`(?<![A-Za-z\d.,]|[A-Za-z\d]-)`
const SIGN = '(?<sign>[-−–]|\\+|±)?'
const NO_LETTER = String.raw`(?![A-Za-z\d²³^/])`

const unit = (names: string) => new RegExp(`${BEFORE}(${NUMBER}) ?(${names})${NO_LETTER}`, 'gu')

/** Before a minus is read as one. */
export const TEMPERATURE_RULES: readonly Rule[] = [
  rule(
    new RegExp(`(?<=영[하상] ?)(${NUMBER}) ?°C(?![A-Za-z])`, 'gu'),
    ([, value = '']) => `${number(value)} 도`,
  ),
  rule(new RegExp(`${BEFORE}${SIGN}(?<value>${NUMBER}) ?°(?<scale>[CF])(?![A-Za-z])`, 'gu'), ({ groups }) =>
    temperature(groups?.sign, String(groups?.value), groups?.scale === 'C' ? '섭씨' : '화씨'),
  ),
  rule(
    new RegExp(
      `(?<=(?:기온|온도|체감|최저|최고|아침|한낮|밤)[이은가는]? ?)${SIGN}(?<value>${NUMBER}) ?(?:도|°)`,
      'gu',
    ),
    ({ groups }) => (groups?.sign === undefined ? undefined : `영하 ${number(String(groups.value))} 도`),
  ),
]

export const UNIT_RULES: readonly Rule[] = [
  rule(new RegExp(`${BEFORE}(${NUMBER}) ?°`, 'gu'), ([, value = '']) => `${number(value)} 도`),
  rule(
    unit(oneOf(Object.keys(SPEEDS).flatMap((name) => [name, name.replace(/3$/, '³').replace(/2$/, '²')]))),
    ([, value = '', name = '']) => {
      const [before, after] = SPEEDS[name.replace('³', '3').replace('²', '2')] ?? ['', name]
      return `${before} ${number(value)} ${after}`
    },
  ),
  rule(
    unit(`(?:${oneOf(Object.keys(METRES))})(?:${oneOf(Object.keys(POWERS))})`),
    ([, value = '', name = '']) => {
      const [, metre = '', power = ''] = /^(.*?)(\^?[23²³])$/u.exec(name) ?? []
      return `${number(value)} ${POWERS[power]}${METRES[metre]}`
    },
  ),
  // 200여m, 3만여㎡: the number is read like any other.
  rule(
    new RegExp(
      `(?<=[\\d천만억]여) ?(${oneOf([...Object.keys(METRES), ...Object.keys(OTHERS)])})(${oneOf(Object.keys(POWERS))})?${NO_LETTER}`,
      'gu',
    ),
    ([, name = '', power = '']) => ` ${POWERS[power] ?? ''}${METRES[name] ?? OTHERS[name]}`,
  ),
  rule(unit(oneOf([...Object.keys(METRES), ...Object.keys(OTHERS)])), (match) => {
    const [whole, value = '', name = ''] = match
    // Seat 12A, carriage 3B: a letter with Hangul behind it is more often a number's than a unit.
    if (/^[ABJNKa]$/.test(name) && /[가-힣]/.test(match.input[match.index + whole.length] ?? ''))
      return undefined
    return `${number(value)} ${METRES[name] ?? OTHERS[name]}`
  }),
  rule(
    new RegExp(`(?<![A-Za-z\\d])(${oneOf(Object.keys(METRES))})([23²³]?)(?=당(?![가-힣]))`, 'gu'),
    ([, name = '', power = '']) => `${POWERS[power] ?? ''}${METRES[name]}`,
  ),
  rule(
    new RegExp(`(?<![A-Za-z\\d])(${oneOf(Object.keys(OTHERS))})(?=당(?![가-힣]))`, 'gu'),
    ([, name = '']) => OTHERS[name],
  ),
  rule(
    new RegExp(`${BEFORE}(${NUMBER}) ?%[pP](?![A-Za-z])`, 'gu'),
    ([, value = '']) => `${number(value)} 퍼센트포인트`,
  ),
  rule(new RegExp(`${BEFORE}(${NUMBER}) ?%`, 'gu'), ([, value = '']) => `${number(value)} 퍼센트`),
  rule(new RegExp(`${BEFORE}(${NUMBER}) ?‰`, 'gu'), ([, value = '']) => `${number(value)} 퍼밀`),
]

export const MONEY_RULES: readonly Rule[] = [
  rule(
    new RegExp(`(${oneOf(Object.keys(CURRENCIES))}) ?(${INTEGER})\\.(\\d{2})(?![\\d.,]|[천만억조])`, 'gu'),
    ([whole, sign = '', units = '', cents = '']) => {
      const [name, part] = [CURRENCIES[sign], HUNDREDTHS[sign]]
      if (part === undefined || whole === undefined) return undefined
      const small = Number(cents) === 0 ? '' : `${number(cents)} ${part}`
      return Number(units) === 0 && small !== ''
        ? small
        : `${number(units)} ${name}${small === '' ? '' : ` ${small}`}`
    },
  ),
  rule(
    new RegExp(`(${oneOf(Object.keys(CURRENCIES))}) ?(${AMOUNT})`, 'gu'),
    ([, sign = '', amount = '']) => `${mixed(amount)} ${CURRENCIES[sign]}`,
  ),
  rule(
    new RegExp(`(?<![A-Za-z])(${oneOf(Object.keys(CODES))}) ?(${AMOUNT})`, 'gu'),
    ([, code = '', amount = '']) => `${mixed(amount)} ${CODES[code]}`,
  ),
  rule(
    new RegExp(
      `${BEFORE}(${AMOUNT}) ?(${oneOf([...Object.keys(CURRENCIES), ...Object.keys(CODES)])})(?![A-Za-z\\d])`,
      'gu',
    ),
    ([, amount = '', code = '']) => `${mixed(amount)} ${CURRENCIES[code] ?? CODES[code]}`,
  ),
  rule(new RegExp(`${BEFORE}(${NUMBER}) (?=[원엔](?![가-힣]))`, 'gu'), ([, value = '']) => number(value)),
]

/** 3만5천: 삼만 오천, as 한글 맞춤법 제44항 parts it. */
export function mixed(amount: string): string {
  return amount
    .replace(/(?<=[만억조경]) ?(?=\d)/gu, ' ')
    .replace(/(?<![\d.,])1(?=[천백십만])/gu, '')
    .replace(new RegExp(NUMBER, 'gu'), (digits) => number(digits))
    .trim()
}

function temperature(sign: string | undefined, value: string, scale: string): string {
  if (sign === undefined || sign === '+') return `${scale} ${number(value)} 도`
  return sign === '±' ? `플러스마이너스 ${number(value)} 도` : `영하 ${number(value)} 도`
}
