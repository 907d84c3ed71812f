import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { prepareText } from '../src/plain-text.ts'

const ssml = (text: string) => prepareText(text).ssml

describe('prepareText', () => {
  it('leaves ordinary text as it is', () => {
    for (const text of ['Hello, world!', '안녕하세요. 12,345원입니다.', 'a [b] c', ''])
      assert.equal(ssml(text), text)
  })

  it('writes markup signs as entities', () => {
    assert.equal(ssml('a<b & c>d'), 'a&lt;b &amp; c&gt;d')
  })

  it('never leaves two opening brackets together', () => {
    assert.equal(ssml('[[x]] [[[y'), '[ [x]] [ [ [y')
  })

  it('writes blanks for control characters and lone surrogates', () => {
    assert.equal(ssml('a\0b\nc\ud800d'), 'a b c d')
  })

  it('maps every code point to the offset it stands for', () => {
    const { ssml: prepared, offsets } = prepareText('😀<b')
    assert.deepEqual([...prepared], ['😀', '&', 'l', 't', ';', 'b'])
    assert.deepEqual(offsets, [0, 2, 2, 2, 2, 3, 4])
  })

  it('puts a blank into runs of more than 32 letters, but not inside a syllable written in parts', () => {
    assert.equal(ssml('가'.repeat(33)), `${'가'.repeat(32)} 가`)
    const parts = '한'.normalize('NFD')
    assert.deepEqual(
      ssml(parts.repeat(33))
        .split(' ')
        .map((part) => part.normalize('NFC')),
      ['한'.repeat(32), '한'],
    )
  })

  it('reads digit by digit what is too long for a number', () => {
    assert.equal(ssml('1'.repeat(18)), '1'.repeat(18))
    assert.equal(ssml('1'.repeat(19)).trim(), Array(19).fill('1').join(' '))
    assert.equal(ssml('𝟏'.repeat(19)).trim(), Array(19).fill('𝟏').join(' '))
  })

  it('makes a comma of a blank in a long clause, and of none in a short one', () => {
    const text = Array(100).fill('안녕').join(' ')
    const clauses = ssml(text).split(',')
    assert.ok(clauses.length >= 3)
    assert.equal(ssml(text).replaceAll(',', ''), text)
    assert.ok(clauses.every((clause) => Buffer.byteLength(clause.normalize('NFD')) < 800))
    const punctuated = Array(20).fill('안녕 안녕 안녕').join(', ')
    assert.equal(ssml(punctuated), punctuated)
  })
})
