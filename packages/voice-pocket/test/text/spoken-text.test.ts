import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SpokenText } from '../../src/text/spoken-text.ts'
import { seededRandom } from '../seeded-random.ts'

/** Each word as `said=original`. */
function said(spoken: SpokenText, original: string): string[] {
  return spoken.words().map(({ text, start, end }) => `${text}=${original.slice(start, end)}`)
}

describe('SpokenText', () => {
  it('is the original until a rule changes it', () => {
    const original = 'Run 3km now.'
    const spoken = SpokenText.of(original)
    assert.equal(spoken.text, original)
    assert.deepEqual(said(spoken, original), ['Run=Run', '3km=3km', 'now.=now.'])
    assert.equal(
      spoken.replace(/\d/g, () => undefined),
      spoken,
    )
  })

  it('lets every word of a replacement stand for what was replaced', () => {
    const original = '오늘 3km를 뛰었다'
    const spoken = SpokenText.of(original).replace(/3km/g, () => '삼 킬로미터')
    assert.equal(spoken.text, '오늘 삼 킬로미터를 뛰었다')
    assert.deepEqual(said(spoken, original), ['오늘=오늘', '삼=3km', '킬로미터를=3km를', '뛰었다=뛰었다'])
  })

  it('lets later rules work on what earlier ones made', () => {
    const original = 'Pay $5 today'
    const spoken = SpokenText.of(original)
      .replace(/\$(\d+)/g, ([, amount]) => `${amount} dollars`)
      .replace(/\b5\b/g, () => 'five')
      .replace(/dollars today/g, () => 'bucks now')
    assert.equal(spoken.text, 'Pay five bucks now')
    assert.deepEqual(said(spoken, original), ['Pay=Pay', 'five=$5', 'bucks=$5 today', 'now=$5 today'])
  })

  it('keeps places in the whole text when it is one part of it', () => {
    const original = 'One. Two 2.'
    const spoken = SpokenText.of(original, 5).replace(/2/g, () => 'two')
    assert.deepEqual(said(spoken, original), ['Two=Two', 'two.=2.'])
    assert.deepEqual(spoken.place(0, 3), { start: 5, end: 8 })
  })

  it('can leave out and put in', () => {
    const original = 'a😀b c'
    const spoken = SpokenText.of(original)
      .replace(/😀/gu, () => '')
      .replace(/(?= c)/g, () => '!')
    assert.equal(spoken.text, 'ab! c')
    assert.deepEqual(said(spoken, original), ['ab!=a😀b', 'c=c'])
    assert.deepEqual(spoken.place(5, 5), { start: original.length, end: original.length })
  })

  it('never goes backwards or beyond the original, whatever the rules do', () => {
    const random = seededRandom(11)
    const letters = 'ab c1'
    for (let round = 0; round < 300; round++) {
      const original = Array.from({ length: 30 }, () => letters[Math.floor(random() * 5)]).join('')
      let spoken = SpokenText.of(original)
      for (let rule = 0; rule < 4; rule++) {
        const pattern = [/a+/g, /b c/g, /1./g, /\bc/g, /.b/g][Math.floor(random() * 5)] as RegExp
        const replacement = ['', 'x', 'a b', undefined][Math.floor(random() * 4)]
        spoken = spoken.replace(pattern, () => replacement)
      }
      let before = 0
      for (let at = 0; at < spoken.text.length; at++) {
        const { start, end } = spoken.place(at, at + 1)
        assert.ok(before <= start && start <= end && end <= original.length, JSON.stringify(original))
        before = start
      }
    }
  })
})
