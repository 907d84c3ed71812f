/** E-mail addresses, addresses of the web, telephone numbers, versions. */
import { type Rule, rule } from '../rule.ts'
import { EMAIL, HOST, WEB_ADDRESS } from '../web.ts'
import { cardinal, digitByDigit } from './numbers.ts'

export const SIGNS: Readonly<Record<string, string>> = {
  '@': 'at',
  '.': 'dot',
  _: 'underscore',
  '-': 'dash',
  '+': 'plus',
  '/': 'slash',
  '~': 'tilde',
  ':': 'colon',
  '%': 'percent',
  '&': 'and',
  '=': 'equals',
  ',': 'comma',
  '!': 'exclamation mark',
  '#': 'hash',
}

export const WEB_RULES: readonly Rule[] = [
  rule(EMAIL, ([address]) => spelled(address)),
  rule(WEB_ADDRESS, ({ groups }) => spelled(`${groups?.host}${(groups?.path ?? '').replace(/\/$/, '')}`)),
  rule(HOST, ([address]) => spelled(address.replace(/\/$/, ''))),
  rule(/(?<![\w.])@([A-Za-z]\w{0,40})/g, ([, name = '']) => `at ${spelled(name)}`),
]

function spelled(address: string): string {
  return address
    .replace(/(?<=\.)(?:kr|io|uk|jp|tv|eu|ai|us|cn|fr)(?![a-z0-9-])/gi, (name) =>
      [...name.toUpperCase()].join(' '),
    )
    .replace(/\d+/g, (digits) => ` ${digitByDigit(digits)} `)
    .replace(/[^\p{L}\p{N} ]/gu, (sign) => ` ${SIGNS[sign] ?? ''} `)
    .replace(/ {2,}/g, ' ')
    .trim()
}

const inGroups = (groups: readonly string[]) => groups.map((group) => digitByDigit(group, 'oh')).join(', ')

export const PHONE_RULES: readonly Rule[] = [
  rule(
    /(?<![\d+])\+(\d{1,3})[ -]?\(?(\d{1,4})\)?[ -](\d{3,4})[ -](\d{4})(?!\d)/g,
    ([, ...groups]) => `plus ${inGroups(groups.slice(0, 4))}`,
  ),
  rule(/(?<![\d-])(?:(1)[- .])?\((\d{3})\) ?(\d{3})[-. ](\d{4})(?![\d-])/g, ([, one, ...groups]) =>
    inGroups([...(one === undefined ? [] : [one]), ...groups.slice(0, 3)]),
  ),
  rule(/(?<![\d-])(?:(1)[-.])?(\d{3})[-.](\d{3})[-.](\d{4})(?![\d-])/g, ([, one, ...groups]) => {
    const [area = '', exchange = '', line = ''] = groups
    const free = /^8\d\d$/.test(area) && area.endsWith('00') ? `${cardinal(area)}` : digitByDigit(area, 'oh')
    return [...(one === undefined ? [] : ['one']), free, inGroups([exchange, line])].join(', ')
  }),
  rule(/(?<![\d-])(0\d{1,2})-(\d{3,4})-(\d{4})(?![\d-])/g, ([, ...groups]) => inGroups(groups.slice(0, 3))),
  rule(/(?<![\d$€£.,-])(\d{3})-(\d{4})(?![\d-])/g, ([, ...groups]) => inGroups(groups.slice(0, 2))),
  rule(
    /(?<![\d-])(911|411|999|112)(?= (?:call|operator|emergency))|(?<=\b[Cc]all |\b[Dd]ial )(911|411|999|112|988)(?!\d)/g,
    ([digits]) => digitByDigit(digits),
  ),
  rule(/(?<![\d-])\d{2,6}(?:-\d{2,6}){2,5}(?![\d-])/g, ([groups]) =>
    groups
      .split('-')
      .map((group) => digitByDigit(group))
      .join(', '),
  ),
]

export const VERSION_RULES: readonly Rule[] = [
  rule(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)/g, ([address]) =>
    address
      .split('.')
      .map((part) => digitByDigit(part))
      .join(' dot '),
  ),
  rule(/(?<![A-Za-z\d.])[vV](\d+(?:\.\d+)*)(?![\d.]*\d)/g, ([, parts = '']) => `version ${version(parts)}`),
  rule(/(?<![\d.])\d{1,5}(?:\.\d{1,5}){2,4}(?!\d|\.\d)/g, ([parts]) => version(parts)),
]

function version(parts: string): string {
  return parts.split('.').map(cardinal).join(' point ')
}
