/** E-mail addresses, addresses of the web, telephone numbers, versions: sequences that are spelled, not counted. */
import { oneOf, type Rule, rule } from '../rule.ts'
import { EMAIL, HOST, WEB_ADDRESS } from '../web.ts'
import { digitByDigit, sino } from './numbers.ts'

export const SIGNS: Readonly<Record<string, string>> = {
  '@': '골뱅이',
  '.': '닷',
  _: '언더바',
  '-': '하이픈',
  '+': '플러스',
  '/': '슬래시',
  '~': '물결',
  ':': '콜론',
  '%': '퍼센트',
  '&': '앤드',
  '=': '이퀄',
  ',': '콤마',
  '!': '느낌표',
  '#': '샵',
}
const DOMAINS: Readonly<Record<string, string>> = {
  com: '컴',
  net: '넷',
  org: '오알지',
  kr: '케이알',
  co: '시오',
  io: '아이오',
  ai: '에이아이',
  dev: '데브',
  app: '앱',
  me: '미',
  jp: '제이피',
  cn: '시엔',
  uk: '유케이',
  us: '유에스',
  eu: '이유',
  de: '디이',
  fr: '에프알',
  gov: '거브',
  go: '지오',
  ac: '에이시',
  re: '알이',
  pe: '피이',
  or: '오알',
  edu: '에듀',
  info: '인포',
  biz: '비즈',
  tv: '티비',
  xyz: '엑스와이지',
  html: '에이치티엠엘',
  pdf: '피디에프',
}

export const WEB_RULES: readonly Rule[] = [
  rule(EMAIL, ([address]) => spelled(address)),
  rule(WEB_ADDRESS, ({ groups }) => spelled(`${groups?.host}${(groups?.path ?? '').replace(/\/$/, '')}`)),
  rule(HOST, ([address]) => spelled(address.replace(/\/$/, ''))),
]

function spelled(address: string): string {
  return address
    .replace(/(?<=\.)[a-z]{2,5}(?![a-z0-9-])/giu, (name) => DOMAINS[name.toLowerCase()] ?? name)
    .replace(/\d+/gu, (digits) => ` ${digitByDigit(digits, '공')} `)
    .replace(/[^\p{L}\p{N} ]/gu, (sign) => ` ${SIGNS[sign] ?? ''} `)
    .replace(/ {2,}/gu, ' ')
    .trim()
}

const EMERGENCY = oneOf([
  '112',
  '119',
  '114',
  '110',
  '111',
  '113',
  '117',
  '118',
  '120',
  '122',
  '125',
  '131',
  '182',
  '1339',
  '1345',
  '1366',
  '1388',
  '1393',
])

export const PHONE_RULES: readonly Rule[] = [
  rule(
    /(?<![\d-])(\d{6})-(\d)(?![\d-])[*●xX]{0,6}/gu,
    ([, birth = '', kind = '']) => `${digitByDigit(birth, '공')} 다시 ${digitByDigit(kind)}`,
  ),
  rule(
    /(?<![\d+])\+(\d{1,3})[ -]?\(?(\d{1,4})\)?[ -](\d{3,4})[ -](\d{4})(?!\d)/gu,
    ([, ...groups]) => `플러스 ${telephone(groups.slice(0, 4))}`,
  ),
  rule(/(?<![\d-])\(?(0\d{1,2})\)?[-.) ]{1,2}(\d{3,4})[-. ](\d{4})(?![\d-])/gu, ([, ...groups]) =>
    telephone(groups.slice(0, 3)),
  ),
  rule(/(?<![\d-])(01[016789])(\d{3,4})(\d{4})(?![\d-])/gu, ([, ...groups]) => telephone(groups.slice(0, 3))),
  rule(/(?<![\d-])(1[5-9]\d{2})[- ](\d{4})(?![\d-])/gu, ([, ...groups]) => telephone(groups.slice(0, 2))),
  rule(
    new RegExp(
      `(?<!\\d)(${EMERGENCY})(?= ?(?:에|로|번으로|번에)? ?(?:신고|전화|구급|구조|연락|콜센터|상황실|안전|소방|대원))`,
      'gu',
    ),
    ([digits]) => digitByDigit(digits),
  ),
  rule(
    /(?<=(?:비번|비밀 ?번호|암호|인증 ?번호|[사학군]번|일련 ?번호)[은는이가]? ?:? ?)\d{3,12}(?![\d.,-])/gu,
    ([digits]) => digitByDigit(digits, '공'),
  ),
  // Accounts, cards and numbers of residents: three groups or more.
  rule(/(?<![\d-])\d{2,6}(?:-\d{2,7}){2,5}(?![\d-])/gu, ([groups]) =>
    groups
      .split('-')
      .map((each) => digitByDigit(each, '공'))
      .join(' 다시 '),
  ),
  rule(/(?<![\d-])\d{6}-[1-8]\d{6}(?![\d-])/gu, ([groups]) =>
    groups
      .split('-')
      .map((each) => digitByDigit(each, '공'))
      .join(' 다시 '),
  ),
  rule(/(?<![\d-])(\d{3}-)?\d{2}-\d{5}(?![\d-])/gu, ([groups]) =>
    groups
      .split('-')
      .map((each) => digitByDigit(each, '공'))
      .join(' 다시 '),
  ),
]

/** 공일공에 일이삼사에 오육칠팔: a nought is 공, and 에 stands for the dash. */
function telephone(groups: readonly string[]): string {
  return groups.map((group) => digitByDigit(group, '공')).join('에 ')
}

export const VERSION_RULES: readonly Rule[] = [
  rule(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/gu, ([address]) =>
    address
      .split('.')
      .map((part) => digitByDigit(part))
      .join(' 점 '),
  ),
  rule(
    /(?<![A-Za-z\d.])[vV](?:er(?:sion)?\.? ?)?(\d+(?:\.\d+)*)(?![\d.]*\d)/gu,
    ([, parts = '']) => `버전 ${version(parts)}`,
  ),
  rule(/(?<![\d.])\d{1,5}(?:\.\d{1,5}){2,4}(?![\d]|\.\d)/gu, ([parts]) => version(parts)),
]

function version(parts: string): string {
  return parts.split('.').map(sino).join(' 점 ')
}
