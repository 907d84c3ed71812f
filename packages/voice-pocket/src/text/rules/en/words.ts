/** Abbreviations, words of capital letters, Roman numerals. */
import { oneOf, type Rule, rule } from '../rule.ts'
import { cardinal, ordinal } from './numbers.ts'

const ABBREVIATIONS: Readonly<Record<string, string>> = {
  'Mr.': 'Mister',
  'Mrs.': 'Missus',
  'Ms.': 'Miz',
  'Prof.': 'Professor',
  'Rev.': 'Reverend',
  'Hon.': 'Honorable',
  'Capt.': 'Captain',
  'Col.': 'Colonel',
  'Gen.': 'General',
  'Lt.': 'Lieutenant',
  'Sgt.': 'Sergeant',
  'Gov.': 'Governor',
  'Sen.': 'Senator',
  'Rep.': 'Representative',
  'Pres.': 'President',
  'Messrs.': 'Messieurs',
  'Jr.': 'Junior',
  'Sr.': 'Senior',
  'Esq.': 'Esquire',
  'Inc.': 'Incorporated',
  'Corp.': 'Corporation',
  'Co.': 'Company',
  'Ltd.': 'Limited',
  'Bros.': 'Brothers',
  'Dept.': 'Department',
  'Univ.': 'University',
  'Assn.': 'Association',
  'Ave.': 'Avenue',
  'Blvd.': 'Boulevard',
  'Rd.': 'Road',
  'Ln.': 'Lane',
  'Hwy.': 'Highway',
  'Pkwy.': 'Parkway',
  'Apt.': 'Apartment',
  'Bldg.': 'Building',
  'Mt.': 'Mount',
  'Ft.': 'Fort',
  'e.g.': 'for example',
  'i.e.': 'that is',
  'etc.': 'et cetera',
  'et al.': 'and others',
  'vs.': 'versus',
  'approx.': 'approximately',
  'est.': 'established',
  'cf.': 'compare',
  'ca.': 'circa',
  'viz.': 'namely',
  'a.k.a.': 'also known as',
  'misc.': 'miscellaneous',
  'min.': 'minimum',
  'max.': 'maximum',
  'tel.': 'telephone',
  'Tel.': 'Telephone',
  'w/o': 'without',
  'w/': 'with',
  'b/c': 'because',
  'Ph.D.': 'P H D',
  'M.D.': 'M D',
  'B.A.': 'B A',
  'B.Sc.': 'B S C',
  'M.A.': 'M A',
  'P.S.': 'P S',
  'R.S.V.P.': 'R S V P',
  'D.C.': 'D C',
  'U.S.A.': 'U S A',
  'U.S.': 'U S',
  'U.K.': 'U K',
  'E.U.': 'E U',
  'U.N.': 'U N',
  'U.S.S.': 'U S S',
  'A.D.': 'A D',
  'B.C.': 'B C',
  'R&D': 'R and D',
  'Q&A': 'Q and A',
  'R&B': 'R and B',
  'M&A': 'M and A',
  'AT&T': 'A T and T',
  'B&B': 'B and B',
  'P&L': 'P and L',
  WWI: 'World War one',
  WWII: 'World War two',
  WW1: 'World War one',
  WW2: 'World War two',
  '50/50': 'fifty-fifty',
  '24/7': 'twenty-four seven',
  '9/11': 'nine eleven',
  'A/C': 'A C',
  'n/a': 'not applicable',
  'N/A': 'not applicable',
  'I/O': 'I O',
  'C++': 'C plus plus',
  'C#': 'C sharp',
  '.NET': 'dot net',
  'Node.js': 'Node J S',
  'Next.js': 'Next J S',
  'Vue.js': 'Vue J S',
  '3D': 'three D',
  '2D': 'two D',
  '4K': 'four K',
  '5G': 'five G',
  '4G': 'four G',
  '3G': 'three G',
  MP3: 'M P three',
  MP4: 'M P four',
  CO2: 'C O two',
  H2O: 'H two O',
  B2B: 'B to B',
  B2C: 'B to C',
  P2P: 'peer to peer',
  K8s: 'Kubernetes',
  'COVID-19': 'COVID nineteen',
  '1:1': 'one to one',
}
/** Spelled although they have vowels. */
const SPELLED = new Set(
  'NYC NYPD NYSE YMCA AI API AWS BA CEO CFO CIA COO CPU DIY DNA DOB EC ECB ETA EU FAQ FBI FIFO GPU HIV HQ IBM ID IEEE IMF IO IP IPO IQ ISO IT IDE IOS JAL LA MIT MRI NBA NGO OECD OS PC RSA RNA SEO SSO SUV UAE UFO UI UK UN UPS URL USA US USB USD UTC UV UX VIP VOD VPN ATM ABC AMD ASAP BOE ETF EV IRA IRS IOT LED LLM NFL NHL NYU UCLA USC USDA WHO CSI OTT ICU ER DOJ EPA FDA SDK SAT ACT AC DC AM FM PM HR PR TV'.split(
    ' ',
  ),
)
/** Words in capitals, not abbreviations. */
const WORDS_IN_CAPITALS = new Set('IT US WHO ACT SAT AM OK ER IRA'.split(' '))
const ROMAN: Readonly<Record<string, number>> = { I: 1, V: 5, X: 10, L: 50, C: 100 }
const NUMBERED =
  'Chapter Part Book Volume Vol Act Scene Section Article Appendix Phase Type Class Level Stage Title Figure Table Step Grade Rocky Final Fantasy Apollo Super Bowl'
const RULERS =
  'Henry Louis George Edward Charles Elizabeth William James Richard John Paul Pius Benedict Philip Napoleon Francis Frederick Catherine Peter Nicholas Alexander Ramses Ptolemy Leo Gregory Innocent Clement Otto Ferdinand Carlos Juan Mary'

export const ABBREVIATION_RULES: readonly Rule[] = [
  rule(/\bSt\. (?=[A-Z])/g, () => 'Saint '),
  rule(/(?<=[a-z\d] )St\.(?= [a-z]|,|$| *\()/g, (match) => `Street${fullStop(match)}`),
  rule(/\bDr\. ?(?=[A-Z])/g, () => 'Doctor '),
  rule(/(?<=[a-z\d] )Dr\.(?= [a-z]|,|$)/g, (match) => `Drive${fullStop(match)}`),
  rule(/\b(?:Nos?|no)\. ?(?=\d)/g, ([word]) => (word.startsWith('Nos') ? 'numbers ' : 'number ')),
  rule(/\bpp?\. ?(?=\d)/g, ([word]) => (word.startsWith('pp') ? 'pages ' : 'page ')),
  rule(/\b([Ff]ig|[Vv]ol|[Cc]h|[Ss]ec|[Ee]q)s?\. ?(?=\d)/g, ([, word = '']) => {
    const full = { fig: 'figure', vol: 'volume', ch: 'chapter', sec: 'section', eq: 'equation' }[
      word.toLowerCase()
    ]
    return `${/^[A-Z]/.test(word) ? full?.replace(/^./, (first) => first.toUpperCase()) : full} `
  }),
  rule(
    new RegExp(`(?<![A-Za-z\\d.])(?:${oneOf(Object.keys(ABBREVIATIONS))})(?![A-Za-z\\d])`, 'g'),
    ({ 0: short, index, input }) => {
      const said = ABBREVIATIONS[short]
      // The full stop of the abbreviation is the sentence's own at the end.
      return short.endsWith('.') && index + short.length === input.length ? `${said}.` : said
    },
  ),
  rule(
    /\b(?:[A-Z]\.){2,5}/g,
    ({ 0: initials, index, input }) =>
      `${initials.replaceAll('.', ' ').trim()}${index + initials.length === input.length ? '.' : ''}`,
  ),
]

export const CAPITAL_RULES: readonly Rule[] = [
  // Alone it is the heading of a section.
  rule(/^[IVX]{1,6}(?=\.?$)/g, ([numeral]) => {
    const value = fromRoman(numeral)
    return value === undefined ? undefined : cardinal(String(value))
  }),
  rule(
    new RegExp(`\\b(${NUMBERED.split(' ').join('|')})\\.? ([IVXLC]{1,7})\\b`, 'g'),
    ([, word = '', numeral = '']) => {
      const value = fromRoman(numeral)
      return value === undefined ? undefined : `${word} ${cardinal(String(value))}`
    },
  ),
  rule(
    new RegExp(`\\b(${RULERS.split(' ').join('|')}) ([IVX]{1,6})\\b(?!['’])`, 'g'),
    ({ 1: name = '', 2: numeral = '', index, input }) => {
      const value = fromRoman(numeral)
      // "Mary I met" is no queen.
      if (value === undefined || (numeral === 'I' && /^ [a-z]/.test(input.slice(index + name.length + 2))))
        return undefined
      return `${name} the ${ordinal(String(value))}`
    },
  ),
  rule(
    /\b(World War) (I{1,3})\b/g,
    ([, war = '', numeral = '']) => `${war} ${cardinal(String(numeral.length))}`,
  ),
  rule(
    /\b([A-Z]{2,5})(s['’]?|)(?![A-Za-z\d]|['’][a-z])/g,
    ({ 0: word, 1: capitals = '', 2: many = '', input }) => {
      if (!isSpelled(capitals)) return undefined
      if (WORDS_IN_CAPITALS.has(capitals) && !/[a-z]/.test(input.replace(word, ''))) return undefined
      return `${[...capitals].join(' ')}${many !== '' ? "'s" : ''}`
    },
  ),
]

/** That of the abbreviation is the sentence's own at the end. */
function fullStop({ 0: short, index, input }: RegExpExecArray): string {
  return index + short.length === input.length ? '.' : ''
}

function isSpelled(capitals: string): boolean {
  return SPELLED.has(capitals) || !/[AEIOUY]/.test(capitals)
}

/** `undefined` for what no Roman would have written. */
export function fromRoman(numeral: string): number | undefined {
  if (!/^(?:C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})$/.test(numeral) || numeral === '') return undefined
  const values = [...numeral].map((letter) => ROMAN[letter] ?? 0)
  return values.reduce((sum, value, index) => sum + (value < (values[index + 1] ?? 0) ? -value : value), 0)
}
