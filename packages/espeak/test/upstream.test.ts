/**
 * What the pinned build of eSpeak NG does, as far as `Espeak` works around it. When one of these fails after an
 * upgrade, the work-around it names may go.
 */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import load, { type EspeakEvent, type EspeakWorker } from '@echogarden/espeak-ng-emscripten'

describe('eSpeak NG as it comes', () => {
  let worker: EspeakWorker

  before(async () => {
    const module = await load()
    worker = new module.eSpeakNGWorker()
    worker.set_voice('gmw/en-US')
  })

  function raw(ssml: string): { length: number; events: EspeakEvent[] } {
    let length = 0
    const events: EspeakEvent[] = []
    worker.synthesize(ssml, (pcm, more) => {
      length += pcm.length
      events.push(...more)
      return false
    })
    return { length, events }
  }

  const words = (ssml: string) => raw(ssml).events.filter(({ type }) => type === 'word').length

  it('loses what follows a "<" (prepareText writes entities)', () => {
    assert.equal(words('if x <b then say hello world'), words('if x'))
  })

  it('takes "[[" for phoneme codes (prepareText puts a blank between)', () => {
    assert.ok(raw('[[h@l@U]]').length < raw('[ [h@l@U] ]').length / 2)
  })

  it('ends at NUL (prepareText writes a blank)', () => {
    assert.equal(words('hello\0 world'), 1)
  })

  it('keeps the voice before when the new one is unknown (VoiceCatalogue refuses it)', () => {
    worker.set_voice('ko')
    assert.equal(worker.set_voice('xx-nope'), 2)
    assert.ok(raw('안녕').events.every(({ id }) => id !== '(ko)'))
    worker.set_voice('gmw/en-US')
  })

  it('ignores an unknown variant (VoiceCatalogue refuses it)', () => {
    assert.equal(worker.set_voice('gmw/en-US+nope'), 0)
  })

  it('accepts MBROLA voices without MBROLA (VoiceCatalogue does not have them)', () => {
    assert.equal(worker.set_voice('mb/mb-us1'), 0)
    worker.set_voice('gmw/en-US')
  })

  it('clamps the rate at 450 words a minute (EspeakEngine refuses more)', () => {
    worker.set_rate(450)
    const fastest = raw('Hello there, how are you today?').length
    worker.set_rate(900)
    const beyond = raw('Hello there, how are you today?').length
    worker.set_rate(175)
    assert.ok(Math.abs(beyond - fastest) < 0.05 * fastest, `${beyond} samples, ${fastest} at 450`)
  })

  it('reads a lone "!" out by name (Espeak says nothing)', () => {
    assert.ok(raw('!').length > 10_000)
  })

  it('drops a mark that follows the end of a sentence (so it is given one sentence at a time)', () => {
    const { events } = raw('<mark name="a"/>Hello.<mark name="b"/> How are you?')
    const marks = events.filter(({ type }) => type === 'mark').map(({ id }) => id)
    assert.deepEqual(marks, ['a'])
  })

  it('counts positions from 1 and in code points (Espeak gives offsets)', () => {
    worker.set_voice('ko')
    const word = raw('😀 hello').events.find(({ type }) => type === 'word')
    worker.set_voice('gmw/en-US')
    assert.equal(word?.text_position, 3)
  })

  it('is silent about Korean words that begin with a nasal (withNasalWords finds them by their sounds)', () => {
    worker.set_voice('ko')
    const [other, nasal] = [words('가방 다방 사방'), words('나방 마방 사방')]
    worker.set_voice('gmw/en-US')
    assert.deepEqual([other, nasal], [3, 1])
  })

  it('leaves out what does not fit its buffers (prepareText puts in blanks and commas)', () => {
    worker.set_voice('ko')
    const spoken = words(Array(80).fill('안녕').join(' '))
    const [short, long] = [raw('가'.repeat(40)).length, raw('가'.repeat(80)).length]
    worker.set_voice('gmw/en-US')
    assert.equal(spoken, 50)
    assert.ok(long < 1.7 * short)
  })
})
