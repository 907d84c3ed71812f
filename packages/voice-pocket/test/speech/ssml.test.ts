/** What SSML does to the sound and to its times. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { toFloat32 } from '../../src/audio/sound.ts'
import type { Engine, EngineCapabilities, EngineSettings, Utterance } from '../../src/engines/engine.ts'
import { loadEngine } from '../../src/engines/index.ts'
import { InvalidVoiceError, UnspeakableTextError } from '../../src/exceptions.ts'
import { toCues, writeCaptions } from '../../src/speech/captions.ts'
import { toParts } from '../../src/speech/parts.ts'
import { readScriptLine, writeScript } from '../../src/speech/script-file.ts'
import { type Script, toSentences } from '../../src/speech/sentences.ts'
import { speakPart } from '../../src/speech/speak.ts'
import { joined } from '../../src/speech/speech-files.ts'
import { located } from '../../src/speech/timeline.ts'
import { readSsml } from '../../src/text/ssml/read-ssml.ts'
import { activityOf } from '../../src/voices/activity.ts'
import { pitchOf } from '../../src/voices/pitch.ts'
import { DEFAULT_VOICE } from '../../src/voices/voice.ts'

const RATE = 8_000
const PER_MS = RATE / 1000

/** A loud tone of ten milliseconds for each letter; a word begins at each blank. */
class ToneEngine implements Engine {
  readonly name = 'tone'
  readonly sampleRate = RATE
  readonly capabilities: EngineCapabilities
  readonly asked: { sentence: string; settings: EngineSettings }[] = []

  constructor(more: Partial<EngineCapabilities> = {}) {
    const full = { min: 0, max: 2 }
    this.capabilities = {
      languages: ['en', 'ko'],
      voices: ['f1', 'f2'],
      rate: { min: 0.5, max: 2 },
      pitch: full,
      range: full,
      volume: { min: 0, max: 1 },
      ...more,
    }
  }

  async synthesize(sentence: string, settings: EngineSettings): Promise<Utterance> {
    this.asked.push({ sentence, settings })
    const samples = new Int16Array(10 * PER_MS * sentence.length).map((_, i) => 9_000 * Math.sin(i / 2))
    const marks = [...sentence.matchAll(/\S+/gu)].map(({ 0: word, index }) => {
      const place = { start: index, end: index + word.length, at: 10 * index }
      return { type: 'word', phoneme: '', ...place } as const
    })
    return { samples, marks }
  }

  async close(): Promise<void> {}
}

async function speak(inner: string, more: Partial<Script> = {}, engine = new ToneEngine()) {
  const source = `<speak>${inner}</speak>`
  const manuscript = readSsml(source)
  const sentences = toSentences({ manuscript, voice: DEFAULT_VOICE, ...more }, engine)
  const { samples, timeline } = await speakPart(manuscript.content.text, sentences, { engine })
  return { source, manuscript, sentences, samples, timeline: located(timeline, manuscript.content), engine }
}

/** Lengths of what is heard and of what is not, one after the other, in milliseconds. */
function soundsAndSilences(samples: Int16Array): number[] {
  const lengths: number[] = []
  let [isLoud, since] = [true, 0]
  for (let at = 0; at <= samples.length; at += PER_MS) {
    const now = samples.subarray(at, at + PER_MS).some((sample) => sample !== 0)
    if (now === isLoud && at < samples.length) continue
    lengths.push((at - since) / PER_MS)
    isLoud = now
    since = at
  }
  return lengths
}

function peaks(samples: Int16Array, ...fromTo: readonly (readonly [number, number])[]): number[] {
  return fromTo.map(([from, to]) =>
    samples
      .subarray(from * PER_MS, to * PER_MS)
      .reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0),
  )
}

describe('SSML that is spoken', () => {
  it('has breaks of exactly the length that was asked for, wherever they stand', async () => {
    const { samples } = await speak(
      '<break time="500ms"/>Abcd. <break time="1.25s"/>Efgh <break strength="strong"/><break time="50ms"/>ijkl.<break time="2s"/>',
    )
    assert.deepEqual(soundsAndSilences(samples), [0, 500, 50, 1250, 40, 750, 50, 2000])
  })

  it('has breaks that a faster voice does not shorten, and pauses that it does', async () => {
    const { samples } = await speak('Abcd. Efgh.<break time="300ms"/>Ijkl.', { manner: { rate: 2 } })
    assert.deepEqual(soundsAndSilences(samples), [50, 175, 50, 300, 50])
  })

  it('needs no language for a silence', async () => {
    const french = new ToneEngine({ languages: ['fr'] })
    const { samples } = await speak(
      '<break time="1s"/><lang xml:lang="fr">Abcd.</lang><break time="10ms"/><mark name="a"/>',
      {},
      french,
    )
    assert.deepEqual(soundsAndSilences(samples), [0, 1000, 50, 10])
  })

  it('goes on without a pause where the manner changes within a sentence', async () => {
    const { samples, timeline } = await speak('Abcd <prosody rate="fast">efgh</prosody> ijkl.')
    assert.deepEqual(soundsAndSilences(samples), [130])
    assert.deepEqual(
      timeline.sentences.map(({ words, startMs, endMs }) => [words.length, startMs, endMs]),
      [[3, 0, 130]],
    )
  })

  it('asks the engine for what is told, times what the text and the voice have', async () => {
    const voice = { ...DEFAULT_VOICE, name: 'f1', rate: 1.25, pitch: 1.2 }
    const { engine } = await speak(
      'One. <prosody rate="slow" pitch="high" range="low">Two.</prosody> <voice name="f2"><prosody rate="150%">Three.</prosody></voice>',
      { voice, manner: { rate: 0.8 } },
    )
    assert.deepEqual(
      engine.asked.map(({ settings: { name, rate, pitch, range } }) => [name, rate, pitch, range].join()),
      ['f1,1,1.2,1', 'f1,0.75,1.5,0.75', 'f2,1.2,1,1'],
    )
  })

  it('is as much quieter as is told, and as loud as ever where nothing is', async () => {
    const { samples } = await speak(
      'Abcdefghi. <prosody volume="-6dB">Abcdefghi.</prosody> <prosody volume="silent">Abcdefghi.</prosody>',
    )
    const [loud = 0, quiet = 0, none] = peaks(samples, [20, 80], [470, 530], [920, 980])
    assert.ok(Math.abs(quiet / loud - 0.5) < 0.02, `${quiet} of ${loud}`)
    assert.equal(none, 0)
    const [full, quarter] = [
      await speak('Abcdefghi.'),
      await speak('Abcdefghi.', { manner: { volume: 0.25 } }),
    ]
    const [most = 0, least = 0] = [full, quarter].flatMap(({ samples }) => peaks(samples, [20, 80]))
    assert.ok(Math.abs(least / most - 0.25) < 0.02, `${least} of ${most}`)
  })

  it('refuses what the engine does not have, before it speaks a word', async () => {
    const refused = (inner: string) => assert.rejects(speak(inner), InvalidVoiceError)
    await refused('<prosody rate="25%">a</prosody>')
    await refused('<voice name="f9">a</voice>')
    await refused('<lang xml:lang="fi">a</lang>')
    await assert.rejects(speak('<break/>… <mark name="a"/>'), UnspeakableTextError)
  })

  it('gives sounds to an engine that can say them, and to no other', async () => {
    const inner = 'Say <phoneme ph="təˈmɑːtoʊ">tomato</phoneme>.'
    const { engine } = await speak(inner, {}, new ToneEngine({ phonemes: ['en'] }))
    const sounds = [{ start: 4, end: 10, ipa: 'təˈmɑːtoʊ' }]
    assert.deepEqual(engine.asked, [
      { sentence: 'Say tomato.', settings: { ...DEFAULT_VOICE, language: 'en', sounds } },
    ])
    assert.deepEqual((await speak(inner)).engine.asked[0]?.settings, { ...DEFAULT_VOICE, language: 'en' })
  })
})

describe('times of SSML', () => {
  it('name the words of the text without its tags, by where they stand in what was sent', async () => {
    const { source, timeline } = await speak(
      '<p>Fish &amp; <prosody pitch="low">chips</prosody>, <sub alias="World Wide Web Consortium">W3C</sub>.</p>',
    )
    const [sentence] = timeline.sentences
    assert.equal(sentence?.text, 'Fish & chips, W3C.')
    assert.deepEqual(
      sentence?.words.map(({ text, start, end }) => [text, source.slice(start, end)]),
      [
        ['Fish', 'Fish'],
        ['&', '&amp;'],
        ['chips,', 'chips</prosody>,'],
        ['W3C.', 'W3C</sub>.'],
      ],
    )
    assert.deepEqual(
      toCues(timeline, 'sentence').map(({ text }) => text),
      ['Fish & chips, W3C.'],
    )
  })

  it('tell when marks are reached: at the next word, or in the silence where they stand', async () => {
    const { timeline, source } = await speak(
      '<mark name="a"/>Abcd <mark name="b"/>efgh.<mark name="c"/><break time="1s"/><mark name="d"/><break time="2s"/>Ij<mark name="e"/>',
    )
    assert.deepEqual(
      timeline.marks.map(({ name, ms }) => `${name} ${ms}`),
      ['a 0', 'b 50', 'c 100', 'd 1100', 'e 3120'],
    )
    const { marks } = JSON.parse(writeCaptions(timeline, 'json', 'sentence'))
    assert.deepEqual(marks[1], { name: 'b', time: 0.05, text_start: source.indexOf('efgh') })
  })

  it('are the same however many parts the text is spoken in', async () => {
    const inner = Array.from(
      { length: 40 },
      (_, i) =>
        `<p><mark name="p${i}"/>Paragraph &lt;${i}&gt; <prosody rate="slow">goes</prosody> on.<mark name="o${i}"/></p><break time="40ms"/><mark name="q${i}"/>`,
    ).join('')
    const { manuscript, sentences, timeline, samples, engine } = await speak(inner)
    const parts = toParts(sentences)
    assert.ok(parts.length > 3)
    const { lines, bytes } = writeScript(manuscript.content, parts)
    const file = Buffer.concat(lines)
    const spoken = []
    for (const [start, end] of bytes) {
      const { content, sentences } = readScriptLine(file.subarray(start, end).toString())
      const part = await speakPart(content.text, sentences, { engine })
      spoken.push({ ...part, timeline: located(part.timeline, content) })
    }
    assert.equal(
      spoken.reduce((sum, part) => sum + part.samples.length, 0),
      samples.length,
    )
    assert.deepEqual(joined(spoken.map((part) => part.timeline)), timeline)
  })
})

describe('SSML with eSpeak NG', () => {
  async function open(t: TestContext) {
    const engine = await loadEngine('espeak')
    t.after(() => engine.close())
    return async (inner: string) => {
      const manuscript = readSsml(`<speak>${inner}</speak>`)
      const sentences = toSentences({ manuscript, voice: DEFAULT_VOICE }, engine)
      const { samples, timeline } = await speakPart(manuscript.content.text, sentences, { engine })
      const phonemes = timeline.sentences
        .flatMap((each) => each.phonemes.map(({ phoneme }) => phoneme))
        .join('')
      const { sampleRate } = engine
      const ms = (samples.length * 1000) / sampleRate
      return { ms, phonemes, timeline, samples: toFloat32(samples), sampleRate }
    }
  }

  it('is slower, and breaks', async (t) => {
    const say = await open(t)
    const { ms } = await say('Good morning to you.')
    const slow = await say('<prosody rate="50%">Good morning to you.</prosody>')
    assert.ok(slow.ms / ms > 1.7 && slow.ms / ms < 2.3, `${slow.ms} of ${ms}`)
    const later = await say('Good morning to you.<break time="1s"/>')
    assert.ok(Math.abs(later.ms - ms - 1000) < 5, `${later.ms - ms}`)
  })

  it('is higher, lower, livelier and more monotone as it is told', async (t) => {
    const say = await open(t)
    const measured = async (prosody: string) => {
      const inner = `<prosody ${prosody}>We were all away a year ago, and nobody knew where we would be.</prosody>`
      const { samples, sampleRate } = await say(inner)
      return pitchOf(samples, sampleRate, activityOf(samples, sampleRate))
    }
    const normal = await measured('pitch="medium"')
    for (const [semitones, sign] of [
      [4, '+4st'],
      [-4, '-4st'],
      [3.16, '+20%'],
    ] as const) {
      const { median } = await measured(`pitch="${sign}"`)
      const heard = 12 * Math.log2(median / normal.median)
      assert.ok(Math.abs(heard - semitones) < 1.6, `${sign}: ${heard} semitones`)
    }
    const [low, high] = [await measured('range="x-low"'), await measured('range="x-high"')]
    assert.ok(low.spread < normal.spread && normal.spread < high.spread)
  })

  it('says the sounds it is told', async (t) => {
    const say = await open(t)
    assert.match((await say('a tomato now')).phonemes, /təmˈeɪɾoʊ/)
    const { phonemes, timeline } = await say('a <phoneme ph="təˈmɑːtoʊ">tomato</phoneme> now')
    assert.match(phonemes, /təmˈɑːɾoʊ/)
    assert.deepEqual(
      timeline.sentences[0]?.words.map(({ text }) => text),
      ['a', 'tomato', 'now'],
    )
  })

  it('reads in another language within a sentence', async (t) => {
    const say = await open(t)
    const { timeline } = await say('He said <lang xml:lang="ko">안녕하세요</lang> to us.')
    assert.equal(timeline.sentences[0]?.text, 'He said 안녕하세요 to us.')
    assert.equal(timeline.sentences[0]?.words.length, 5)
  })
})
