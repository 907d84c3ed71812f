import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plainText } from '../../src/text/manuscript.ts'
import { type ReadingOptions, readings } from '../../src/text/reading.ts'
import { readSsml } from '../../src/text/ssml/read-ssml.ts'
import { seededRandom } from '../seeded-random.ts'

const read = (inner: string, options?: ReadingOptions) =>
  readings(readSsml(`<speak>${inner}</speak>`), options)
const said = (inner: string, options?: ReadingOptions) =>
  read(inner, options).map(({ spoken }) => spoken.text)
/** Each as `text pause`, in milliseconds where a break was asked for; + behind a piece of the same sentence. */
const pauses = (inner: string) =>
  read(inner).map(
    ({ spoken, pause, breakMs, continues }) => `${continues ? '+' : ''}${spoken.text} ${breakMs ?? pause}`,
  )

describe('readings of SSML', () => {
  it('are the same as of the text alone where nothing is told', () => {
    const text = '안녕. 사과 3개를 샀다. See you at 3:30, Mr. Kim!'
    const plain = readings(plainText(text)).map(({ spoken, language, pause }) => [
      spoken.text,
      language,
      pause,
    ])
    assert.deepEqual(
      read(text).map(({ spoken, language, pause }) => [spoken.text, language, pause]),
      plain,
    )
  })

  it('have sentences where they are told, and nowhere within', () => {
    assert.deepEqual(pauses('<p><s>Mr. X. said so</s><s>lower case</s></p><p>A. B is here. C</p>'), [
      'Mister X. said so sentence',
      'lower case paragraph',
      'A. B is here. sentence',
      'C paragraph',
    ])
    assert.deepEqual(pauses('One<p>Two</p>Three'), ['One paragraph', 'Two paragraph', 'Three sentence'])
  })

  it('go on in the same sentence where only the manner changes', () => {
    assert.deepEqual(pauses('I am <prosody rate="slow">very</prosody> tired. Good night.'), [
      'I am none',
      '+very none',
      '+tired. sentence',
      'Good night. sentence',
    ])
    const [, very] = read('나는 <prosody pitch="high">3</prosody> 본다.')
    assert.deepEqual([very?.spoken.text, very?.language, very?.manner], ['삼', 'ko', { pitch: 1.25 }])
  })

  it('break in the place of the pause, and breaks side by side are one', () => {
    assert.deepEqual(
      pauses('A one. <break time="2s"/>B two <break strength="weak"/>and <break/><break time=".5s"/>c.'),
      ['A one. 2000', 'B two 150', '+and 850', '+c. sentence'],
    )
    assert.deepEqual(pauses('<break time="1s"/>A<break time="1s"/>'), [' 1000', 'A 1000'])
    assert.deepEqual(pauses('<p>A</p><break time="0s"/><p>B</p>'), ['A 0', 'B paragraph'])
  })

  it('know before which word a mark stands, and that a mark alone parts nothing', () => {
    const marks = (inner: string) =>
      read(inner).map(
        ({ spoken, start, marks }) =>
          `${spoken.text}: ${marks.map(({ name, at }) => `${name}${at - start}`)}`,
      )
    assert.deepEqual(marks('One <mark name="a"/>two. <mark name="b"/>Three<mark name="c"/>'), [
      'One two.: a4',
      'Three: b0,c5',
    ])
    assert.deepEqual(marks('A<break/><mark name="a"/><break/>B<mark name="b"/><break/>C'), [
      'A: ',
      ': a0',
      'B: b1',
      'C: ',
    ])
  })

  it('say what is told of a word, and leave it alone', () => {
    assert.deepEqual(said('<sub alias="더블유쓰리씨">W3C</sub>를 3개'), ['더블유쓰리씨를 세 개'])
    assert.deepEqual(said('<sub alias="Node 24">N24</sub> is out.'), ['Node twenty-four is out.'])
    assert.deepEqual(said('<sub alias="a. B">X. Y</sub> is one.'), ['a. B is one.'])
    const [reading] = read('Say <phoneme ph="təˈmɑːtoʊ">3 km</phoneme> now')
    assert.equal(reading?.spoken.text, 'Say 3 km now')
    assert.deepEqual(reading?.spoken.sounds(), [{ start: 4, end: 8, ipa: 'təˈmɑːtoʊ' }])
  })

  it('end a clause with the manner before, and never within what is said as a whole', () => {
    assert.deepEqual(said('<prosody rate="slow">One</prosody>, two.'), ['One,', 'two.'])
    assert.deepEqual(said('<prosody rate="slow">One</prosody><sub alias="dots">.. x</sub> two.'), [
      'One',
      'dots two.',
    ])
  })

  it('read in the language that is told', () => {
    assert.deepEqual(said('<p xml:lang="ko">3시</p><p>3 km away.</p><lang xml:lang="ko">3개</lang>'), [
      '세 시',
      'three kilometers away.',
      '세 개',
    ])
    assert.deepEqual(
      read('<lang xml:lang="ko">Hello</lang>').map(({ language }) => language),
      ['ko'],
    )
  })

  const KINDS: readonly (readonly [kind: string, text: string, korean: string, english: string])[] = [
    ['cardinal', '1984', '천구백팔십사', 'one thousand nine hundred eighty-four'],
    [
      'number',
      '-1,234.5',
      '마이너스 천이백삼십사 점 오',
      'minus one thousand two hundred thirty-four point five',
    ],
    ['ordinal', '1', '첫 번째', 'first'],
    ['ordinal', '21st', '스물한 번째', 'twenty-first'],
    ['digits', '0-10', '공일공', 'zero one zero'],
    ['characters', 'W3C', '더블유 삼 씨', 'W three C'],
    ['spell-out', 'a@b', '에이 골뱅이 비', 'A at B'],
    ['date" format="dmy', '1/5/2024', '이천이십사년 오월 일일', 'May first, twenty twenty-four'],
    ['date', '20240610', '이천이십사년 유월 십일', 'June tenth, twenty twenty-four'],
    ['date" format="md', '10/6', '시월 육일', 'October sixth'],
    ['date" format="y', '1905', '천구백오년', 'nineteen oh five'],
    ['time', '3:30pm', '오후 세 시 삼십 분', 'three thirty p m'],
    ['time" format="hms24', '15:05', '십오 시 오 분', 'fifteen oh five'],
    ['telephone', '010-1234', '공일공에 일이삼사', 'zero one zero, one two three four'],
    ['currency', 'USD 5', '오 달러', 'five dollars'],
    ['unit', '5kg', '오 킬로그램', 'five kilograms'],
    ['fraction', '3/4', '사분의 삼', 'three quarters'],
    ['date', 'soon', 'soon', 'soon'],
    ['cardinal', 'abc', 'abc', 'abc'],
  ]
  for (const [kind, text, korean, english] of KINDS) {
    it(`say "${text}" as a ${kind}`, () => {
      const inner = `<say-as interpret-as="${kind}">${text}</say-as>`
      assert.deepEqual(said(inner, { language: 'ko' }), [korean])
      assert.deepEqual(said(inner, { language: 'en' }), [english])
    })
  }

  it('say characters apart in languages without rules, and as told where rules are turned off', () => {
    assert.deepEqual(said('<say-as interpret-as="characters">ab1</say-as>', { language: 'fr' }), ['a b 1'])
    assert.deepEqual(
      said('3 <say-as interpret-as="ordinal">3</say-as>', { language: 'en', normalize: false }),
      ['3 third'],
    )
  })

  it('have every mark and every break once, and go only forward, whatever the text is made of', () => {
    const random = seededRandom(3)
    const words = ['Hello. ', '3개 ', 'you, ', '그리고. ', '\n', '! ', 'A']
    const text = (depth: number): string => {
      const one = (): string => {
        const kind = Math.floor(random() * 8)
        if (kind === 0) return '<break strength="weak"/>'
        if (kind === 1) return '<mark name="m"/>'
        if (kind === 2) return '<sub alias="x y">W.C. z</sub>'
        if (kind === 3 && depth < 4) return `<prosody rate="fast">${text(depth + 1)}</prosody>`
        if (kind === 4 && depth === 0) return `<p>${text(1)}</p>`
        return String(words[Math.floor(random() * words.length)])
      }
      return Array.from({ length: 1 + Math.floor(random() * 4) }, one).join('')
    }
    for (let round = 0; round < 300; round++) {
      const inner = text(0)
      const found = read(inner)
      assert.equal(found.flatMap(({ marks }) => marks).length, inner.split('<mark').length - 1, inner)
      const silence = found.reduce((sum, { breakMs = 0 }) => sum + breakMs, 0)
      assert.equal(silence, 150 * (inner.split('<break').length - 1), inner)
      let before = 0
      for (const { start, end } of found) {
        assert.ok(start >= before && end >= start, inner)
        before = end
      }
    }
  })

  it('choose the particle behind what is said in the place of the text', () => {
    assert.deepEqual(said('<say-as interpret-as="unit">5kg</say-as>를 샀다'), ['오 킬로그램을 샀다'])
  })
})
