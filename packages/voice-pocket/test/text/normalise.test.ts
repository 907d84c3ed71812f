import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSpeakable, normalise } from '../../src/text/normalise.ts'

describe('normalise', () => {
  const examples: readonly (readonly [from: string, to: string])[] = [
    ['  Hello,\n\tworld!  ', 'Hello, world!'],
    ['한글'.normalize('NFD'), '한글'],
    ['안\u200b녕\ufeff하\u200d세\u00ad요', '안녕하세요'],
    ['a\0b\u0007c', 'a b c'],
    ['x\ud800y', 'x y'],
    ['안녕 😀👍🏽 반가워 👨‍👩‍👧‍👦!', '안녕 반가워 !'],
    ['🇰🇷 1️⃣ ❤️', '1'],
    ['© 2026 Kim™', '© 2026 Kim™'],
    ['if x <b & [[c]]', 'if x <b & [[c]]'],
    ['12,345원 50% $5.30 ㅋㅋ #1 *', '12,345원 50% $5.30 ㅋㅋ #1 *'],
    ['می\u200cروم', 'می\u200cروم'],
    ['क\u094d\u200dष', 'क\u094d\u200dष'],
    ['\u202eabc\u202c', 'abc'],
    ['', ''],
  ]
  for (const [from, to] of examples) {
    it(`makes ${JSON.stringify(to)} of ${JSON.stringify(from)}`, () => assert.equal(normalise(from), to))
  }

  it('changes nothing when it is done twice', () => {
    for (const [from] of examples) assert.equal(normalise(normalise(from)), normalise(from))
  })
})

describe('isSpeakable', () => {
  it('wants a letter or a digit', () => {
    for (const text of ['a', '가', '7', 'ㅋ', '½', '日']) assert.equal(isSpeakable(text), true, text)
    for (const text of ['', ' ', '...', '?!', '—', '"()"', '***', '%'])
      assert.equal(isSpeakable(text), false, text)
  })
})
