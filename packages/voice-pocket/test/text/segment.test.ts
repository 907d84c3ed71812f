import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_SEGMENT_LENGTH, segment } from '../../src/text/segment.ts'
import { seededRandom } from '../seeded-random.ts'

/** `|` stands where a sentence must end. */
const EXAMPLES = [
  // Korean
  '안녕하세요. |보이스 포켓입니다.',
  '안녕하세요! |반갑습니다~ 정말요?',
  '밥을 먹었다.|그리고 잤다.|끝.',
  '원주율은 3.14입니다. |값은 12,345.67원이에요.',
  '“왔다.”라고 말했다. |그는 갔다.',
  '"정말?" |그가 물었다.',
  '2024. 5. 1. 서울에서 만났다. |좋았다.',
  '1. 첫째 항목입니다. |2. 둘째 항목입니다.',
  '메일은 kim@example.co.kr 입니다. |주소는 https://example.com/a.b?q=1!x 예요.',
  '그래서… |말았다. |뭐... |그렇죠.',
  '(웃음.) |그래요.',
  '제목\n|첫 줄입니다\n|둘째 줄입니다',
  // English
  'Hello there. |How are you? |Fine!',
  'Mr. Kim met Dr. J. Smith at 5 p.m. on Monday. |They talked.',
  'Pi is 3.14. |Version 1.2.3 is out.',
  'He works for Acme Inc. |She does not.',
  'Use fruit, e.g. apples, i.e. round ones, etc. and eat. |Done.',
  'See fig. 3 and No. 5 first. |No. |I will not.',
  'Its lowest since Oct. 3. |She left on Jan. 5. |It was 7 ft. 6 in. of ash. |He lives at No. 5. |I do not.',
  'The U.S. Army came. |It left.',
  '“Stop!” he said. |“Why?” |She left.',
  'He said "Stop." |Then (quietly.) |Then nothing.',
  'Really?! |Yes!!! |Well... maybe not.',
  'Write to kim@example.com or see www.example.com/x.html. |Thanks.',
  'This line is\nwrapped by hand. |Next.\n\n|New paragraph',
  'Yahoo! |It works.',
  // Others
  '今日は晴れです。|明日は雨です。',
  '你好！|你好吗？|很好。',
  '「来た。」|「行った。」',
  // Mixed
  'Hello. |안녕하세요. |OK? |네!',
  'Docker와 Kubernetes를 씁니다. |Node.js도요.',
]

const text = (segments: readonly { text: string }[]) => segments.map((each) => each.text)

describe('segment', () => {
  for (const example of EXAMPLES) {
    it(`ends sentences where they end: ${JSON.stringify(example)}`, () => {
      assert.deepEqual(text(segment(example.replaceAll('|', ''))), example.split('|'))
    })
  }

  it('tells a paragraph from a sentence', () => {
    const pauses = segment('One. Two.\n\nThree\nFour\r\n\r\nFive\u2029Six').map(({ pause }) => pause)
    assert.deepEqual(pauses, ['sentence', 'paragraph', 'sentence', 'paragraph', 'paragraph', 'sentence'])
  })

  it('takes one line break of any kind for one', () => {
    for (const lineBreak of ['\n', '\r\n', '\r', '\u2028']) {
      assert.deepEqual(
        segment(`One${lineBreak}Two`).map(({ pause }) => pause),
        ['sentence', 'sentence'],
      )
    }
  })

  it('has no segments for no text, and one for blanks', () => {
    assert.deepEqual(segment(''), [])
    assert.deepEqual(text(segment(' \n\n ')), [' \n\n '])
  })

  it('cuts a long sentence behind a comma, else at a blank, else between letters', () => {
    const comma = `${'가나다 '.repeat(60).trim()}, ${'라마바 '.repeat(60).trim()}.`
    const [first, second] = segment(comma)
    assert.ok(first?.text.endsWith(', '))
    assert.equal(first?.pause, 'clause')
    assert.equal(second?.pause, 'sentence')
    const blank = segment('word '.repeat(100))
    assert.ok(blank.every((each) => each.text.endsWith('word ')))
    assert.equal(blank[0]?.pause, 'none')
    const whole = segment('가'.repeat(1000)).map((each) => each.text.length)
    assert.deepEqual(whole, [400, 400, 200])
  })

  it('cuts a long sentence without commas where a clause ends', () => {
    const cuts = (text: string, maxLength: number) =>
      segment(text, maxLength).map((each) => [each.text, each.pause])
    assert.deepEqual(cuts('비가 많이 왔지만 우리는 산에 올라가서 도시락을 먹었다.', 24), [
      ['비가 많이 왔지만 ', 'clause'],
      ['우리는 산에 올라가서 도시락을 먹었다.', 'sentence'],
    ])
    assert.deepEqual(cuts('It rained the whole day but we climbed up anyway.', 34), [
      ['It rained the whole day ', 'clause'],
      ['but we climbed up anyway.', 'sentence'],
    ])
    assert.deepEqual(cuts('雨が降っているので今日は家で本を読みます。', 16), [
      ['雨が降っているので', 'clause'],
      ['今日は家で本を読みます。', 'sentence'],
    ])
  })

  it('never cuts an emoji, an accent or a pair of surrogates in two', () => {
    for (const letter of ['👨‍👩‍👧‍👦', 'e\u0301', '😀', '한'.normalize('NFD')]) {
      for (const each of segment(letter.repeat(300))) assert.equal(each.text.length % letter.length, 0)
    }
    const [first] = segment(`${'a'.repeat(399)}😀${'b'.repeat(50)}`)
    assert.equal(first?.text, 'a'.repeat(399))
  })

  it('loses, doubles and reorders nothing, and keeps its length, whatever it is given', () => {
    const random = seededRandom(2)
    for (let run = 0; run < 2000; run++) {
      const whole = randomText(random)
      const maxLength = run % 2 === 0 ? MAX_SEGMENT_LENGTH : 1 + Math.floor(random() * 40)
      const segments = segment(whole, maxLength)
      assert.equal(text(segments).join(''), whole)
      let at = 0
      for (const { text: part, start, end } of segments) {
        assert.equal(start, at)
        assert.ok(end > start)
        assert.equal(part, whole.slice(start, end))
        assert.ok(
          part.trimEnd().length <= maxLength,
          `${part.trimEnd().length} characters, at most ${maxLength}`,
        )
        at = end
      }
    }
  })

  it('takes time in proportion to the length of the text', () => {
    const unit = 100_000
    for (const hostile of ['.', ' ', '\n', '가', '"', '. ', 'a.', ' \n', '1. ', '👍', '…"']) {
      const whole = hostile.repeat(unit / hostile.length)
      const began = performance.now()
      assert.equal(text(segment(whole)).join(''), whole)
      const took = performance.now() - began
      assert.ok(took < 2000, `${JSON.stringify(hostile)} took ${Math.round(took)} ms`)
    }
  })
})

const PIECES = [
  ...[
    '.',
    '!',
    '?',
    '…',
    '。',
    '？',
    '...',
    '"',
    '”',
    ')',
    '」',
    '(',
    '“',
    ',',
    '，',
    ';',
    ':',
    '-',
    '\n',
    '\r\n',
    '\n\n',
    ' ',
    '  ',
    '\t',
  ],
  ...[
    '안녕',
    '갔다',
    '3',
    '14',
    'Mr',
    'e.g',
    'U.S',
    'Hello',
    'world',
    'a',
    'I',
    'https://a.b/c?d',
    'k@e.co',
    '今日',
    'です',
    '你好',
  ],
  ...[
    '😀',
    '👨‍👩‍👧',
    '\ud83d',
    '\ude00',
    'e\u0301',
    '\u200b',
    '\0',
    '\u2028',
    '\u2029',
    '\ufeff',
    'x'.repeat(60),
    '가'.repeat(450),
  ],
]

function randomText(random: () => number): string {
  const length = Math.floor(random() * 60)
  return Array.from({ length }, () => PIECES[Math.floor(random() * PIECES.length)]).join('')
}
