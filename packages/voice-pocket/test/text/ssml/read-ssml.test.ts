import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MarkupError } from '../../../src/exceptions.ts'
import type { Manuscript } from '../../../src/text/manuscript.ts'
import { readings } from '../../../src/text/reading.ts'
import { readSsml } from '../../../src/text/ssml/read-ssml.ts'
import { seededRandom } from '../../seeded-random.ts'

const speak = (inner: string) => `<speak>${inner}</speak>`
const textOf = (inner: string) => readSsml(speak(inner)).content.text.trim()

/** `text manner` of each passage. */
function passages({ content, passages }: Manuscript): string[] {
  return passages.map(
    ({ start, end, manner }) => `${content.text.slice(start, end)} ${JSON.stringify(manner)}`,
  )
}

function refused(source: string): string {
  try {
    readSsml(source)
  } catch (error) {
    assert.ok(error instanceof MarkupError, String(error))
    return error.message
  }
  return assert.fail(`${source} was read`)
}

describe('readSsml', () => {
  it('takes the text out of the markup: entities, CDATA, comments', () => {
    assert.equal(textOf('a &lt; b &amp;&#44; &#x1F600;&quot;&apos;&gt;'), `a < b &, 😀"'>`)
    assert.equal(textOf('a<![CDATA[ <b> & ]]>c<!-- d -->e'), 'a <b> & ce')
  })

  it('takes no heed of line breaks', () => {
    assert.equal(textOf('one\n   two\r\n\r\nthree  four'), 'one two three  four')
  })

  it('knows where every character stands in what was sent', () => {
    const source = '<speak>\n <p>Fish &amp; <prosody rate="slow">chips</prosody></p><s>안녕</s></speak>'
    const { content } = readSsml(source)
    const at = (text: string) => {
      const { start, end } = content.place(
        content.text.indexOf(text),
        content.text.indexOf(text) + text.length,
      )
      return source.slice(start, end)
    }
    assert.deepEqual(['Fish', '&', 'chips', '안녕'].map(at), ['Fish', '&amp;', 'chips', '안녕'])
  })

  it('nests manners: words and numbers are of the whole text, signs of what is around', () => {
    const of = (inner: string) => passages(readSsml(speak(inner)))
    assert.deepEqual(of('<prosody rate="slow" pitch="high">a</prosody>'), ['a {"rate":0.75,"pitch":1.25}'])
    assert.deepEqual(of('<prosody rate="slow">a<prosody rate="+100%">b</prosody>c</prosody>'), [
      'a {"rate":0.75}',
      'b {"rate":1.5}',
      'c {"rate":0.75}',
    ])
    assert.deepEqual(of('<prosody rate="50%"><prosody rate="fast">b</prosody></prosody>'), ['b {"rate":1.5}'])
    assert.deepEqual(of('<prosody volume="-6dB" range="x-low">a</prosody>'), [
      'a {"range":0.5,"volume":0.5012}',
    ])
    assert.deepEqual(of('<prosody pitch="+4st">a</prosody>'), ['a {"pitch":1.5}'])
    assert.deepEqual(of('<prosody pitch="-20%">a</prosody><prosody volume="50">b</prosody>').length, 2)
    assert.deepEqual(of('<voice name="f2" xml:lang="EN-gb">a</voice>'), [
      'a {"language":"en-gb","voice":"f2"}',
    ])
    assert.deepEqual(of('<emphasis level="strong">a</emphasis>'), [])
  })

  it('is no longer to read than it is long, whatever it is made of', () => {
    const size = 120_000
    for (const inner of [
      'a ',
      '<p>Hello there.</p>',
      '<prosody rate="slow">slow</prosody> ',
      'a<mark name="m"/> ',
      '&amp; ',
      '\n    ',
      '<sub alias="b">a</sub> ',
    ]) {
      const start = performance.now()
      const source = speak(inner.repeat(size / inner.length))
      readings(readSsml(source), { language: 'en', normalize: false })
      assert.ok(performance.now() - start < 5_000, `${inner} took ${performance.now() - start} ms`)
    }
  })

  it('loses, doubles and moves no character of any text in any markup', () => {
    const random = seededRandom(5)
    const pick = <Thing>(things: readonly Thing[]) => things[Math.floor(random() * things.length)] as Thing
    const letters = ['a', '한', '😀', ' ', '&amp;', '&lt;', '.', '\n', '&#46;']
    const wrappers = [
      'prosody rate="slow"',
      'lang xml:lang="ko"',
      'emphasis',
      'voice name="f1"',
      'sub alias="x"',
    ]
    for (let round = 0; round < 200; round++) {
      let [written, expected] = ['', '']
      for (let part = 0; part < 12; part++) {
        const text = Array.from({ length: 1 + Math.floor(random() * 5) }, () => pick(letters)).join('')
        const wrapper = random() < 0.5 && text.trim() !== '' ? pick(wrappers) : undefined
        written += wrapper === undefined ? text : `<${wrapper}>${text}</${wrapper.split(' ')[0]}>`
        if (random() < 0.3) written += pick(['<break/>', '<mark name="m"/>', '<!-- c -->'])
        expected += text
      }
      const plain = expected.replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&#46;', '.')
      const source = speak(written)
      const { content } = readSsml(source)
      assert.equal(content.text.replace(/\s/gu, ''), plain.replace(/\s/gu, ''), source)
      let before = 0
      for (let at = 0; at < content.text.length; at++) {
        const { start, end } = content.place(at, at + 1)
        assert.ok(start >= before && end >= start && end <= source.length)
        if (/[a한]/u.test(String(content.text[at]))) assert.equal(source.slice(start, end), content.text[at])
        before = start
      }
    }
  })
})

describe('readSsml refuses', () => {
  const CASES: readonly (readonly [source: string, why: RegExp])[] = [
    ['hello', /^line 1, column 6: this is no well-formed XML: text data outside of root/],
    ['<speak>a', /unclosed tag: speak/],
    ['<speak>a</p></speak>', /^line 1, column 12: .*unexpected close tag/],
    ['<speak>a & b</speak>', /line 1, column 10: this is no well-formed XML: .*&amp;/],
    ['<speak>\n<sub alias="AT&T">x</sub> a; b</speak>', /line 2, column 15: .* an & that begins no entity/],
    ['<speak>a &nbsp; b</speak>', /column 15: .* undefined entity/],
    [
      '<speak>\n  한글 <audio src="x"/></speak>',
      /^line 2, column 6: <audio> is not an element .* There are speak, p/,
    ],
    ['<speak><breka/></speak>', /did you mean <break>\?/],
    ['<speak><constructor/></speak>', /<constructor> is not an element/],
    ['<p>a</p>', /^line 1, column 1: <p> cannot be the outermost element; that is <speak>/],
    ['<speak><speak>a</speak></speak>', /<speak> can only be the outermost element/],
    ['<speak><s>a<p>b</p></s></speak>', /<p> cannot be in <p> or <s>/],
    ['<speak><s>a<s>b</s></s></speak>', /<s> cannot be in another <s>/],
    ['<speak><sub alias="x">a<break/></sub></speak>', /<break> cannot be in <sub>, which has only text/],
    ['<speak><break>x</break></speak>', /<break> must be empty/],
    ['<speak version="2.0">a</speak>', /<speak> version must be 1.0 or 1.1/],
    ['<speak xmlns="http://example.com">a</speak>', /<speak> xmlns must be/],
    ['<speak onlangfailure="x">a</speak>', /has no attribute onlangfailure here; it has version/],
    ['<speak><break time="11s"/></speak>', /<break> time must be at most 10s/],
    ['<speak><break time="1"/></speak>', /<break> time must be a time such as 500ms/],
    ['<speak><break strength="toString"/></speak>', /<break> strength must be one of none, x-weak/],
    [speak(`${'<break time="10s"/>'.repeat(60)}<break/>`), /longer than 600s together/],
    [
      '<speak><prosody rate="9">a</prosody></speak>',
      /<prosody> rate makes a rate of 9; it must be from 0.25 to 4/,
    ],
    [
      '<speak><prosody rate="quick">a</prosody></speak>',
      /<prosody> rate must be one of default, medium, x-slow/,
    ],
    ['<speak><prosody pitch="200Hz">a</prosody></speak>', /<prosody> pitch must be one of/],
    ['<speak><prosody volume="+6dB">a</prosody></speak>', /volume makes a volume of 1.9953/],
    ['<speak><prosody contour="x">a</prosody></speak>', /has no attribute contour/],
    ['<speak><say-as interpret-as="song">a</say-as></speak>', /interpret-as must be one of cardinal/],
    ['<speak><say-as interpret-as="date" format="x">a</say-as></speak>', /format must be one of ymd/],
    [
      '<speak><say-as interpret-as="digits" format="x">a</say-as></speak>',
      /format must be absent for digits/,
    ],
    ['<speak><say-as>a</say-as></speak>', /<say-as> must have the attribute interpret-as/],
    ['<speak><sub alias=" ">a</sub></speak>', /alias must have a letter or a digit/],
    [speak(`<sub alias="x">${'a'.repeat(301)}</sub>`), /at most 300 characters in it/],
    ['<speak><sub alias="x"/></speak>', /<sub> must have the text in it that is meant/],
    ['<speak><say-as interpret-as="digits"> </say-as></speak>', /<say-as> must have the text in it/],
    ['<speak><phoneme alphabet="x-sampa" ph="a">a</phoneme></speak>', /alphabet must be ipa/],
    ['<speak><phoneme ph="[[3]]">a</phoneme></speak>', /ph must be sounds in IPA/],
    ['<speak><mark name="a b"/></speak>', /name must be 1 to 100 characters without blanks/],
    ['<speak><lang>a</lang></speak>', /must have the attribute xml:lang/],
    ['<speak><lang xml:lang="Korean!">a</lang></speak>', /xml:lang must be a language tag/],
    ['<speak><voice name="a b">a</voice></speak>', /name must be the name of a voice/],
    ['<speak><?php x?>a</speak>', /there must be no <\?php\?>/],
  ]
  for (const [source, why] of CASES) it(source.slice(0, 70), () => assert.match(refused(source), why))

  it('what defines, or would fetch, anything', () => {
    const lol = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('')
    for (const source of [
      `<!DOCTYPE speak [<!ENTITY l0 "ha">${lol}]><speak>&l9;</speak>`,
      '<!DOCTYPE speak SYSTEM "file:///etc/passwd"><speak>a</speak>',
      '<!DOCTYPE speak [<!ENTITY x SYSTEM "http://127.0.0.1/">]><speak>&x;</speak>',
    ])
      assert.match(refused(source), /^line 1, column 1: there must be no <!DOCTYPE>/)
    assert.match(refused(speak('&nbsp;')), /undefined entity/)
    assert.match(refused(speak('&#0;')), /no well-formed XML/)
  })

  it('what is nested too deep, or has too many elements, before it costs anything', () => {
    const start = performance.now()
    assert.match(refused(`<speak>${'<emphasis>'.repeat(50_000)}`), /at most 32 elements within each other/)
    assert.match(refused(speak('<break/>'.repeat(60_000))), /at most 50000 elements|600s together/)
    assert.match(refused(speak('<mark name="a"/>'.repeat(60_000))), /at most 50000 elements/)
    assert.ok(performance.now() - start < 3_000)
  })
})
