import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { LexiconError } from '../../src/exceptions.ts'
import { SqliteRecordStore } from '../../src/records/sqlite.ts'
import { Records } from '../../src/records.ts'
import { Lexicon, type LexiconEntry } from '../../src/text/lexicon.ts'
import { parseLexicon, readLexiconFile } from '../../src/text/lexicon-file.ts'
import { Lexicons } from '../../src/text/lexicons.ts'
import { plainText } from '../../src/text/manuscript.ts'
import { readings } from '../../src/text/reading.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const said = (text: string, entries: readonly LexiconEntry[], language = 'ko') =>
  readings(plainText(text), { language, lexicon: new Lexicon(entries) })
    .map(({ spoken }) => spoken.text)
    .join(' ')

describe('Lexicon', () => {
  it('comes before the rules, and the particle behind the word fits what is said', () => {
    const entries = [
      { word: 'GS25', say: '지에스 이십오' },
      { word: 'kg', say: '키로' },
    ]
    assert.equal(said('GS25는 가깝다', entries), '지에스 이십오는 가깝다')
    assert.equal(said('LGTM을 썼다', [{ word: 'LGTM', say: '좋아 보여요' }]), '좋아 보여요를 썼다')
  })

  it('takes whole words only, in Korean with a particle behind them', () => {
    const entries = [
      { word: '김치', say: '김취' },
      { word: 'art', say: '아트' },
      { word: '東京', say: '도쿄' },
    ]
    assert.equal(said('김치를 김치찌개와 물김치에 김치.', entries), '김취를 김치찌개와 물김치에 김취.')
    assert.equal(said('art를 smart artful한아트 Art', entries), '아트를 smart artful한아트 아트')
    assert.equal(said('東京에서 東京都', entries), '도쿄에서 도쿄도')
  })

  it('goes by upper and lower case when the entry has upper case', () => {
    assert.equal(
      said('Nice to meet you in Nice and nice.', [{ word: 'Nice', say: 'Neece' }], 'en'),
      'Neece to meet you in Neece and nice.',
    )
    assert.equal(said('NICE nice', [{ word: 'nice', say: 'neece' }], 'en'), 'neece neece')
  })

  it('may be for one language; the longest word and the last entry win', () => {
    const entries = [
      { word: 'AC', say: 'ay see', language: 'en' },
      { word: 'AC', say: '에어컨', language: 'ko' },
      { word: 'AC Milan', say: '에이시 밀란' },
    ]
    assert.equal(said('AC와 AC Milan', entries), '에어컨과 에이시 밀란')
    assert.equal(said('the AC', entries, 'en-us'), 'the ay see')
    assert.equal(
      said('가', [
        { word: '가', say: '나' },
        { word: '가', say: '다' },
      ]),
      '다',
    )
  })

  it('is used also where the rest is turned off, and keeps the place of the word', () => {
    const [reading] = readings(plainText('우리 GS25 3'), {
      normalize: false,
      lexicon: new Lexicon([{ word: 'GS25', say: '지 에스' }]),
    })
    assert.deepEqual(
      reading?.spoken.words().map(({ text, start, end }) => [text, start, end]),
      [
        ['우리', 0, 2],
        ['지', 3, 7],
        ['에스', 3, 7],
        ['3', 8, 9],
      ],
    )
  })

  it('takes signs of patterns for themselves', () => {
    assert.equal(
      said('a.b axb C++', [
        { word: 'a.b', say: '점' },
        { word: 'C++', say: '씨플플' },
        { word: '(', say: '괄호' },
      ]),
      '점 axb 씨플플',
    )
  })
})

describe('a lexicon file', () => {
  const entries = [
    { word: 'a', say: 'b' },
    { word: 'c', say: 'd e', language: 'ko' },
  ]

  it('is JSON, a list of JSON, or lines with tabs', () => {
    assert.deepEqual(parseLexicon(JSON.stringify({ entries }), 'x'), entries)
    assert.deepEqual(parseLexicon(JSON.stringify(entries), 'x'), entries)
    assert.deepEqual(parseLexicon('\ufeff# words\na\tb\n\r\nc\td e\tKO\r\n', 'x'), entries)
    assert.deepEqual(parseLexicon('', 'x'), [])
  })

  it('is refused with the line and the rule when it is not one', async () => {
    for (const [text, rule] of [
      ['{"entries": 1}', /entries/],
      ['[{"word": "a"}]', /entries\.0\.say/],
      ['[{', /not JSON/],
      ['only', /entries\.0\.say/],
      ['a\tb\na\tc', /there twice/],
      ['a\tb\tko\tmore', /entries\.0/],
      [`${'a'.repeat(101)}\tb`, /entries\.0\.word/],
    ] as const) {
      assert.throws(
        () => parseLexicon(text, 'my.tsv'),
        (error: Error) =>
          error instanceof LexiconError && /my\.tsv/.test(error.message) && rule.test(error.message),
        text,
      )
    }
    await assert.rejects(readLexiconFile('/nowhere/at/all'), LexiconError)
  })

  it('is read from a path', async (t) => {
    const path = join(await temporaryFolder(t), 'words.tsv')
    await writeFile(path, 'a\tb\n')
    assert.deepEqual(await readLexiconFile(path), [{ word: 'a', say: 'b' }])
  })
})

describe('Lexicons', () => {
  it('keeps those of each owner, who come before the service', async (t) => {
    await using records = new Records(
      new SqliteRecordStore(`sqlite:///${await temporaryFolder(t)}/records.sqlite`),
    )
    const lexicons = new Lexicons(records, [
      { word: 'a', say: 'service' },
      { word: 'b', say: 'both' },
    ])
    assert.deepEqual(await lexicons.entries('minji@example.com'), [])
    await lexicons.replace('minji@example.com', [{ word: 'a', say: 'mine' }])
    assert.deepEqual(await lexicons.entries('minji@EXAMPLE.com'), [{ word: 'a', say: 'mine' }])
    const speak = async (email?: string) =>
      readings(plainText('a b'), { language: 'fr', lexicon: await lexicons.lexiconOf(email) })[0]?.spoken.text
    assert.equal(await speak('minji@example.com'), 'mine both')
    assert.equal(await speak('jisu@example.com'), 'service both')
    assert.equal(await speak(), 'service both')
    await Promise.all(
      ['c', 'd', 'e'].map((word) =>
        lexicons.change('minji@example.com', (all) => [...all, { word, say: 'x' }]),
      ),
    )
    const words = (await lexicons.entries('minji@example.com')).map(({ word }) => word)
    assert.deepEqual(words.sort(), ['a', 'c', 'd', 'e'])
    const tooMany = Array.from({ length: 1_001 }, (_, index) => ({ word: `w${index}`, say: 'x' }))
    await assert.rejects(
      lexicons.change('minji@example.com', () => tooMany),
      LexiconError,
    )
    assert.equal(await lexicons.delete('minji@example.com'), 4)
    assert.equal(await lexicons.delete('minji@example.com'), 0)
    assert.equal(await speak('minji@example.com'), 'service both')
  })
})
