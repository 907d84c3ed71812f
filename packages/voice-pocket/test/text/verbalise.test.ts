import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { normalised } from '../../src/text/normalise.ts'
import { SpokenText } from '../../src/text/spoken-text.ts'
import { verbalised } from '../../src/text/verbalise.ts'
import { seededRandom } from '../seeded-random.ts'
import type { Cases } from './cases.ts'
import { ENGLISH_CASES } from './en-cases.ts'
import { KOREAN_CASES } from './ko-cases.ts'

const LANGUAGES: readonly (readonly [language: string, cases: readonly Cases[], least: number])[] = [
  ['ko', KOREAN_CASES, 400],
  ['en', ENGLISH_CASES, 200],
]

const spoken = (text: string, language: string) => verbalised(normalised(SpokenText.of(text)), language)

for (const [language, groups, least] of LANGUAGES) {
  describe(`verbalised, ${language}`, () => {
    for (const { source, cases } of groups) {
      it(source, () => {
        for (const [original, said] of cases) assert.equal(spoken(original, language).text, said, original)
      })
    }

    it(`has at least ${least} examples, each once`, () => {
      const originals = groups.flatMap(({ cases }) => cases.map(([original]) => original))
      assert.ok(originals.length >= least, `${originals.length} examples`)
      assert.deepEqual(
        originals.filter((each, index) => originals.indexOf(each) !== index),
        [],
      )
    })

    it('leaves no figure unread, and changes nothing of what it has said', () => {
      for (const { cases } of groups) {
        for (const [, said] of cases) {
          assert.doesNotMatch(said, /\d/)
          assert.equal(spoken(said, language).text, said)
        }
      }
    })

    it('gives every word a place in the original, none of them before the one before', () => {
      for (const original of [
        ...groups.flatMap(({ cases }) => cases.map(([text]) => text)),
        ...garbage(300),
      ]) {
        let last = { start: 0, end: 0 }
        for (const { start, end } of spoken(original, language).words()) {
          assert.ok(start >= last.start && end >= last.end, `${JSON.stringify(original)}: ${start} to ${end}`)
          assert.ok(start <= end && end <= original.length)
          last = { start, end }
        }
      }
    })

    it('throws at nothing, leaves no figure, and is done when it is done', () => {
      for (const text of garbage(1500)) {
        const once = spoken(text, language)
        assert.doesNotMatch(once.text, /\d/)
        const twice = spoken(once.text, language).text
        assert.doesNotMatch(twice, /\d/)
      }
    })

    it('takes time in proportion to the length of the text, whatever is repeated in it', () => {
      for (const hostile of HOSTILE) {
        const short = timed(() => spoken(hostile.repeat(Math.ceil(500 / hostile.length)), language))
        const long = timed(() => spoken(hostile.repeat(Math.ceil(8000 / hostile.length)), language))
        assert.ok(
          long < 100 + short * 80,
          `${JSON.stringify(hostile)}: ${Math.round(short)} ms, sixteen times as much ${Math.round(long)} ms`,
        )
      }
    })
  })
}

describe('verbalised, any other language', () => {
  it('loses only what nobody would say', () => {
    assert.equal(spoken('# 東京 **3時** 😀', 'ja').text, '東京 3時')
    assert.equal(spoken('- Il est 3 h, 5 € `x`', 'fr').text, 'Il est 3 h, 5 € x')
  })

  it('goes by the language of a tag', () => {
    assert.equal(spoken('3시', 'ko-KR').text, '세 시')
    assert.equal(spoken('3 cats', 'en-gb').text, 'three cats')
  })
})

const PIECES =
  '0 1 7 12 99 2024 1,234 3.14 - ~ / : . , % $ ₩ € ℃ ° ² ½ ( ) [ ] @ # & + = x × km kg GB 시 분 개 명 월 일 년 원 만 억 번째 제 대 을 를 은 으로 ㅋㅋ ㅠ ㄱ 大韓 金 A USB iPhone Dr. e.g. St. p.m. AM kim@a.com https://a.b/c?d www. 010-1234-5678 2024-05-01 15:30 1/2 v1.2 IV Henry VIII 😀 한글 the and \u00a0 \u200b \ud83d'.split(
    ' ',
  )

function garbage(count: number): string[] {
  const random = seededRandom(7)
  const piece = () => `${PIECES[Math.floor(random() * PIECES.length)]}${random() < 0.4 ? ' ' : ''}`
  return Array.from({ length: count }, () =>
    Array.from({ length: Math.floor(random() * 14) }, piece).join(''),
  )
}

const HOSTILE = [
  ...[
    '1',
    '0',
    '1,',
    '1.',
    '1-',
    '1~',
    '1/',
    '1:',
    '1 ',
    ',111',
    '-',
    '.',
    '~',
    '(',
    '[',
    '$',
    '$1',
    '만',
    '1만',
    '1천만',
    'a',
    'A',
    'A.',
  ],
  ...[
    'a.',
    'a@',
    'a@a.',
    'http://',
    'www.',
    'ㅋ',
    'ㅋㅎ',
    'ㅠ',
    '大',
    '(大',
    '3시',
    '3km',
    '3개~',
    '*',
    '_',
    '`',
    '[a](',
    ' ',
    '~ ',
    'Dr. ',
    "'",
    '1 1/',
    'IV ',
    '%',
    '°',
    '¾',
    '①',
  ],
]

/** In milliseconds of this process's own: how busy the machine is, is no property of a rule. */
function timed(work: () => unknown): number {
  const began = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1000
}
