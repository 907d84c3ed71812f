import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plainText } from '../../src/text/manuscript.ts'
import { type ReadingOptions, readings as readingsOf } from '../../src/text/reading.ts'

const readings = (text: string, options?: ReadingOptions) => readingsOf(plainText(text), options)

const said = (text: string, options?: ReadingOptions) =>
  readings(text, options).map(({ spoken }) => spoken.text)

describe('readings', () => {
  it('reads each sentence in the language of its script, by the rules of that language', () => {
    const read = readings('우리 모두 내일 오후 3시에 만나요. See you at 3:30. 12,345')
    assert.deepEqual(
      read.map(({ spoken, language }) => [language, spoken.text]),
      [
        ['ko', '우리 모두 내일 오후 세 시에 만나요.'],
        ['en', 'See you at three thirty.'],
        ['ko', '만 이천삼백사십오'],
      ],
    )
  })

  it('reads all of it in the language it is told', () => {
    assert.deepEqual(said('3시. Room 3.', { language: 'ko' }), ['세 시.', 'Room 삼.'])
  })

  it('leaves numbers and signs to the engine when told so', () => {
    assert.deepEqual(said('\u200b3시에  $5 😀 <b>', { normalize: false }), ['3시에 $5 <b>'])
  })

  it('keeps the place of every word in the whole text', () => {
    const text = '안녕. 사과 3개를 샀다.'
    const words = readings(text).flatMap(({ spoken }) => spoken.words())
    assert.deepEqual(
      words.map((word) => [word.text, text.slice(word.start, word.end)]),
      [
        ['안녕.', '안녕.'],
        ['사과', '사과'],
        ['세', '3개'],
        ['개를', '3개를'],
        ['샀다.', '샀다.'],
      ],
    )
  })

  it('passes over what nobody says, and keeps the longest pause behind it', () => {
    assert.deepEqual(
      readings('A b.\n***\n\nㅠㅠ\nC d.').map(({ spoken, pause }) => [spoken.text, pause]),
      [
        ['A b.', 'paragraph'],
        ['C d.', 'sentence'],
      ],
    )
    assert.deepEqual(readings('… 😀 ***'), [])
  })

  it('pauses behind a heading, of Markdown or a line of its own', () => {
    const pauses = (text: string) => readings(text).map(({ spoken, pause }) => [spoken.text, pause])
    assert.deepEqual(pauses('# 제목\n본문이다.'), [
      ['제목', 'paragraph'],
      ['본문이다.', 'sentence'],
    ])
    assert.deepEqual(pauses('제목\n\n본문이다.'), [
      ['제목', 'paragraph'],
      ['본문이다.', 'sentence'],
    ])
    assert.deepEqual(pauses('제목이다\n본문이다.')[0], ['제목이다', 'sentence'])
  })
})
