import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toCues, writeCaptions } from '../../src/speech/captions.ts'
import type { TimedSentence, Timeline } from '../../src/speech/timeline.ts'

/** Every word takes as many milliseconds as the number says, one after the other; half a second behind a sentence. */
function timeline(wordMs: number, ...texts: string[]): Timeline {
  let [ms, at] = [0, 0]
  const sentences = texts.map((text): TimedSentence => {
    const [startMs, start] = [ms, at]
    const words = Array.from(text.matchAll(/\S+/g), ({ 0: word, index }) => {
      ms += wordMs
      const place = { start: start + index, end: start + index + word.length }
      return { ...place, text: word, startMs: ms - wordMs, endMs: ms }
    })
    at += text.length + 1
    ms += 500
    const span = { startMs, endMs: ms - 500 }
    return { start, end: at - 1, text, ...span, words, phonemes: [], estimated: false }
  })
  return { durationMs: ms, sentences, marks: [] }
}

describe('captions', () => {
  it('writes SRT', () => {
    assert.equal(
      writeCaptions(timeline(1000, 'Hello there.', 'Bye --> now.'), 'srt', 'sentence'),
      [
        '1',
        '00:00:00,000 --> 00:00:02,000',
        'Hello there.',
        '',
        '2',
        '00:00:02,500 --> 00:00:06,000',
        'Bye → now.',
        '',
      ].join('\n'),
    )
  })

  it('writes WebVTT, with hours, and without markup', () => {
    assert.equal(
      writeCaptions(timeline(3_725_004, 'a<b & c>d', '끝.'), 'vtt', 'sentence'),
      [
        'WEBVTT',
        '',
        '00:00:00.000 --> 03:06:15.012',
        'a&lt;b &amp; c&gt;d',
        '',
        '03:06:15.512 --> 04:08:21.016',
        '끝.',
        '',
      ].join('\n'),
    )
  })

  it('writes JSON with the times in seconds and the places in the text', () => {
    const { sentences, duration } = JSON.parse(writeCaptions(timeline(250, 'Hi you.'), 'json', 'sentence'))
    assert.equal(duration, 1)
    assert.deepEqual(sentences[0].words[1], {
      text: 'you.',
      start: 0.25,
      end: 0.5,
      text_start: 3,
      text_end: 7,
    })
    assert.deepEqual([sentences[0].text, sentences[0].start, sentences[0].end], ['Hi you.', 0, 0.5])
  })

  it('gives every word a cue of its own when asked', () => {
    const cues = toCues(timeline(100, 'one two', 'three'), 'word')
    assert.deepEqual(
      cues.map(({ startMs, text, endMs }) => `${startMs} ${text} ${endMs}`),
      ['0 one 100', '100 two 200', '700 three 1300'],
    )
  })

  it('cuts a long sentence between words into cues that can be read, and of the same length', () => {
    for (const [word, most] of [
      ['letters', 84],
      ['글자들입니다', 42],
    ] as const) {
      const cues = toCues(timeline(100, Array(30).fill(word).join(' ')), 'sentence')
      assert.ok(cues.length > 1)
      assert.ok(cues.every(({ text }) => text.length <= most))
      assert.ok(cues.every(({ text }) => text.length > most / 2))
      assert.equal(cues.map(({ text }) => text).join(' '), Array(30).fill(word).join(' '))
      for (const [index, { startMs, endMs }] of cues.entries()) {
        assert.ok(startMs < endMs && startMs === (cues[index - 1]?.endMs ?? 0))
      }
    }
  })

  it('ends the last one where the sound ends', () => {
    const lines = timeline(100, 'one', 'two')
    for (const unit of ['word', 'sentence'] as const) {
      assert.equal(toCues(lines, unit).at(-1)?.endMs, lines.durationMs)
    }
    assert.deepEqual(toCues({ durationMs: 0, sentences: [], marks: [] }, 'word'), [])
  })
})
