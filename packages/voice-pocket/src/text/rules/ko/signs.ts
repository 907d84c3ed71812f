/** Ranges, ratios, fractions, arithmetic, and the signs that are words. */
import { type Rule, rule } from '../rule.ts'
import { digitByDigit, INTEGER, NUMBER, number, sino } from './numbers.ts'
import { decompose } from './syllable.ts'
import { AMOUNT, mixed } from './units.ts'

/** Of the digits, those whose names end in a consonant: 일, 삼, 육, 칠, 팔, and 영, 십, 백, 천. */
const CLOSED = /[013678]$/

/** Near these, two numbers with a dash between them are a score. */
const SCORE = /이겼|이기|이긴|졌다|패했|패배|승리|스코어|비겼|앞서|앞선|앞섰|무승부|꺾|제압|눌렀|역전/
const NEARBY = 40

export const FRACTION_RULES: readonly Rule[] = [
  rule(/(?<!\d)([1-4])\/4(?= ?분기)/gu, ([, quarter = '']) => `${sino(quarter)}사`),
  rule(
    /(?<![\d/.:,])(\d{1,3}) (\d{1,3})\/(\d{1,4})(?![\d/]|\.\d)/gu,
    ([, whole = '', above = '', below = '']) => `${sino(whole)}과 ${sino(below)}분의 ${sino(above)}`,
  ),
  rule(/(?<![\d/.,])(\d{1,4})\/(\d{1,4})(?![\d/]|\.\d|,\d)/gu, ([, above = '', below = '']) =>
    Number(below) > Number(above)
      ? `${sino(below)}분의 ${sino(above)}`
      : `${sino(above)} 슬래시 ${sino(below)}`,
  ),
]

/** Before dates and times, whose ends they join. */
export const RANGE_SIGNS: readonly Rule[] = [
  rule(
    /(?<=[\d시분일월년]) ?[~∼〜～] ?(?=(?:오전|오후|정오|자정|새벽|아침|낮|저녁|밤|이듬해|다음 ?[날달]|익일) ?\d?)/gu,
    () => '에서 ',
  ),
  rule(
    /(?<=\d(?:[%℃°일월년시분초원개명층회차호번주도세위등장편권조억만천]|개월|퍼센트|달러|킬로|[A-Za-z]{1,4})?) ?[~∼〜～] ?(?=[$₩€-]?\d)/gu,
    () => '에서 ',
  ),
  rule(/(?<=[가-힣]{2})[~∼](?=[가-힣]{2,6} ?(?:간|구간|노선|행|까지)(?![가-힣]))/gu, () => '에서 '),
]

/** Before anything reads a number: what stands between two of them. */
export const BETWEEN_NUMBERS: readonly Rule[] = [
  rule(/(?<![\d.-])(\d{1,3}) ?- ?(\d{1,3})(?![\d.-])/gu, ({ 1: ours = '', 2: theirs = '', index, input }) =>
    SCORE.test(input.slice(Math.max(0, index - NEARBY), index + NEARBY))
      ? `${sino(ours)} 대 ${sino(theirs)}`
      : undefined,
  ),
  rule(/(?<![\p{L}\d])#(?=\d)/gu, () => '샵 '),
  rule(/(?<=\d) ?[–—] ?(?=\d)/gu, () => '에서 '),
  rule(
    /(?<![\d-])(\d{1,4}) ?- ?(?=(\d{1,4}) ?(?:일|월|년|시|분|초|주|개월|세|만|억|%|퍼센트|km|kg|cm|mm|m|g|도|°|위|층|인|학년|페이지|쪽|점|회|차|배|°C|℃))/gu,
    ([, from = '', to = '']) => (Number(from) < Number(to) ? `${from}에서 ` : undefined),
  ),
  rule(
    /(?<![\d:])(\d{1,4}) ?: ?(\d{1,4})(?![\d:])/gu,
    ([, left = '', right = '']) => `${sino(left)} 대 ${sino(right)}`,
  ),
  rule(/(?<=\d) ?[×✕✖] ?(?=\d)|(?<=\d) ?[xX] ?(?=\d)/gu, () => ' 곱하기 '),
  rule(/(?<=\d) ?÷ ?(?=\d)/gu, () => ' 나누기 '),
  rule(/(?<=\d) ?\+ ?(?=\d)/gu, () => ' 더하기 '),
  rule(/(?<=\d) (?:-|−) (?=\d)|(?<=\d)−(?=\d)/gu, () => ' 빼기 '),
  rule(/(?<=(\d)) ?= ?(?=[-−]?[\d?])/gu, ([, digit = '']) => `${CLOSED.test(digit) ? '은' : '는'} `),
  rule(/(?<![\p{L}\d)\]-])[-−](?=\d)/gu, () => '마이너스 '),
  rule(/(?<![\p{L}\d)\]])\+(?=\d)/gu, () => '플러스 '),
  rule(/±(?= ?\d)/gu, () => '플러스마이너스 '),
  rule(/(?<=\d)-(?=\d)/gu, () => ' 다시 '),
]

/** Whatever no rule has read so far. */
export const NUMBERS_LEFT: readonly Rule[] = [
  // Passwords and names of users are spelled.
  rule(/(?<=[a-z]{2})\d{2,}/gu, ([digits]) => ` ${digitByDigit(digits, '공')}`),
  rule(
    /(?<=\d)(⁻?)([⁰¹²³⁴-⁹]+)/gu,
    ([, minus, power = '']) => `의 ${minus === '' ? '' : '마이너스 '}${sino(power.normalize('NFKC'))}승`,
  ),
  rule(/(?<=[A-Za-z)])(?:\^2|²)(?!\d)/gu, () => ' 제곱'),
  rule(/(?<=[A-Za-z)])(?:\^3|³)(?!\d)/gu, () => ' 세제곱'),
  rule(/(?<=[A-Za-z\d)])\^(\d{1,4})(?!\d)/gu, ([, power = '']) => `의 ${sino(power)}승`),
  rule(/(?<![\d.,])0\d+(?![\d.,]*\d)/gu, ([digits]) =>
    [...digits].map((digit) => (digit === '0' ? '공' : sino(digit))).join(''),
  ),
  rule(new RegExp(`(?<![\\d.,])${AMOUNT}(?=[가-힣 ])`, 'gu'), ([amount]) =>
    /[만억조경천백]/.test(amount) ? mixed(amount) : undefined,
  ),
  rule(new RegExp(`(${NUMBER})(?!\\d)`, 'gu'), ([, value = '']) => number(value)),
  rule(new RegExp(INTEGER, 'gu'), ([value]) => sino(value)),
]

const WORDS: Readonly<Record<string, string>> = {
  '&': ' 앤드 ',
  '@': ' 골뱅이 ',
  '%': ' 퍼센트',
  '°': ' 도',
  '+': ' 플러스 ',
  '=': ' 이퀄 ',
  '§': ' 섹션 ',
  '∞': '무한대',
  '≤': ' 이하 ',
  '≥': ' 이상 ',
  '≠': ' 같지 않다 ',
  '≒': ' 약 ',
  '≈': ' 약 ',
  '√': '루트 ',
  '±': ' 플러스마이너스 ',
  '×': ' 곱하기 ',
  '÷': ' 나누기 ',
  '∑': '시그마',
  '‰': ' 퍼밀',
  '¢': ' 센트',
  $: ' 달러',
  '₩': ' 원',
  '€': ' 유로',
  '£': ' 파운드',
  '¥': ' 엔',
  α: '알파',
  β: '베타',
  γ: '감마',
  δ: '델타',
  π: '파이',
  θ: '세타',
  λ: '람다',
  μ: '뮤',
  σ: '시그마',
  ω: '오메가',
  Ω: '옴',
}

export const SIGN_RULES: readonly Rule[] = [
  rule(
    /(?<=([가-힣])) ?= ?(?=[가-힣])/gu,
    ([, before = '']) => `${decompose(before)?.final === 0 ? '는' : '은'} `,
  ),
  rule(/(?<![\p{L}\d])#(?=[\p{L}_])/gu, () => '해시태그 '),
  rule(/\(주\)|㈜/gu, () => '주식회사 '),
  rule(/(?<=[\p{L}]) ?→ ?(?=[\p{L}])/gu, () => '에서 '),
  // 한·미·일, 초·중·고, 읍·면·동: words that are no longer taken apart when they are said.
  rule(
    /(?<![가-힣])[가-힣](?:·[가-힣]){1,5}(?=(?:[은는이가을를의에와과도만로간측끼]|으로|에서|에게|까지|부터|교생?|등학교)?(?![가-힣·]))/gu,
    ([word]) => word.replaceAll('·', ''),
  ),
  rule(/(?<=[가-힣]{2})·(?=[가-힣]{2})/gu, () => ', '),
  rule(/(?<=[\p{L}\p{N})\]]) ?\| ?(?=[\p{L}\p{N}([])/gu, () => ', '),
  rule(/[&@%°+=§∞≤≥≠≒≈√±×÷∑‰¢$₩€£¥αβγδπθλμσωΩ]/gu, ([sign]) => WORDS[sign]),
  rule(
    /(?<=[\p{L}\p{N}])[·/|_\\](?=[\p{L}\p{N}])|[~∼〜～]+|[*_|^\\#→←↑↓↔⇒⇐•■□●○◆◇▲△▼▽★☆※†‡¶™®©`<>/]/gu,
    () => ' ',
  ),
  rule(/(?<=[\p{L}\p{N}])-(?=[\p{L}\p{N}])| [-–] /gu, () => ' '),
]
