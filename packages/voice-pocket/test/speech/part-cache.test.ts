import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { Engine, Utterance } from '../../src/engines/engine.ts'
import { SqliteRecordStore } from '../../src/records/sqlite.ts'
import { Records } from '../../src/records.ts'
import { sweep } from '../../src/retention/sweep.ts'
import { forgetPart, PartCache } from '../../src/speech/part-cache.ts'
import { type Script, toSentences } from '../../src/speech/sentences.ts'
import { FilesystemStorage } from '../../src/storage/filesystem.ts'
import { plainText } from '../../src/text/manuscript.ts'
import { readSsml } from '../../src/text/ssml/read-ssml.ts'
import { DEFAULT_VOICE } from '../../src/voices/voice.ts'
import { collect } from '../collect.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const OWNER = 'minji@example.com'
const RATE = 8_000
const BYTES = 2 * RATE + 44

/** Says everything in a second, and counts how often it is asked. */
class CountingEngine implements Engine {
  readonly name: string = 'counting'
  readonly sampleRate: number = RATE
  identity = '1'
  readonly capabilities = {
    languages: ['en', 'ko'],
    voices: ['f1'],
    rate: { min: 0.5, max: 2 },
    pitch: { min: 0, max: 2 },
    range: { min: 0, max: 2 },
    volume: { min: 0, max: 1 },
    phonemes: ['en'],
  }
  asked = 0

  async synthesize(sentence: string): Promise<Utterance> {
    this.asked += 1
    const samples = Int16Array.from({ length: this.sampleRate }, (_, i) => 8_000 * Math.sin(i / 9))
    return { samples, marks: [{ type: 'word', start: 0, end: sentence.length, at: 0, phoneme: '' }] }
  }

  async close(): Promise<void> {}
}

async function open(t: TestContext, maxBytes = 1_000_000) {
  const folder = await temporaryFolder(t)
  const storage = new FilesystemStorage(join(folder, 'speech'))
  const records = new Records(new SqliteRecordStore(`sqlite:///${folder}/index.sqlite`))
  t.after(() => records.close())
  const engine = new CountingEngine()
  let now = 1_000_000
  const cache = new PartCache({ storage, records, maxBytes, now: () => now })
  const speak = (
    text: string,
    {
      owner = OWNER,
      using = engine as Engine,
      offset = 0,
      isCurrent = () => true,
      ...script
    }: Partial<Script> & Manner = {},
  ) => {
    now += 2 * 60 * 60 * 1000
    const whole = ' '.repeat(offset) + text
    const sentences = toSentences({ manuscript: plainText(whole), voice: DEFAULT_VOICE, ...script }, using)
    return cache.of(owner, async () => isCurrent())(whole, sentences, { engine: using })
  }
  const kept = async (owner = OWNER) =>
    (await readdir(join(folder, 'speech', owner, 'cache'))).filter((name) => name.endsWith('.wav')).length
  return { engine, cache, speak, kept, storage, records }
}

interface Manner {
  readonly owner?: string
  readonly using?: Engine
  readonly offset?: number
  readonly isCurrent?: () => boolean | Promise<boolean>
}

describe('PartCache', () => {
  it('speaks the same only once, and gives the same sound and times', async (t) => {
    const { engine, speak, kept } = await open(t)
    const first = await speak('Hello there.')
    assert.deepEqual(await speak('Hello there.'), first)
    assert.equal(engine.asked, 1)
    assert.equal(await kept(), 1)
  })

  it('knows it again elsewhere in another text, with its times there', async (t) => {
    const { engine, speak } = await open(t)
    const { timeline } = await speak('Hello there.')
    const later = await speak('Hello there.', { offset: 7 })
    assert.equal(engine.asked, 1)
    assert.deepEqual(
      later.timeline.sentences[0]?.words.map(({ start, end, text }) => [start - 7, end - 7, text]),
      timeline.sentences[0]?.words.map(({ start, end, text }) => [start, end, text]),
    )
  })

  it('tells of every sentence, also of those that need not be spoken', async (t) => {
    const { engine, cache } = await open(t)
    const sentences = toSentences({ manuscript: plainText('One. Two.'), voice: DEFAULT_VOICE }, engine)
    for (const _ of [1, 2]) {
      let told = 0
      const onSentence = () => {
        told += 1
      }
      await cache.of(OWNER, async () => true)('One. Two.', sentences, { engine, onSentence })
      assert.equal(told, 2)
    }
    assert.equal(engine.asked, 2)
  })

  const quieter = { ...DEFAULT_VOICE, volume: 0.5 }
  const CHANGES: readonly (readonly [what: string, text: string, change: Partial<Script> & Manner])[] = [
    ['the text', 'Hello here.', {}],
    ['a sign that changes only the pause', 'Hello, there.', {}],
    ['what of the original is read so', 'Hello\u200b there.', {}],
    ['the language', 'Hello there.', { language: 'ko' }],
    ['the speaker', 'Hello there.', { voice: { ...DEFAULT_VOICE, name: 'f1' } }],
    ['how it is to be said', 'Hello there.', { voice: { ...DEFAULT_VOICE, instructions: 'Whisper.' } }],
    ['the rate', 'Hello there.', { voice: { ...DEFAULT_VOICE, rate: 1.5 } }],
    ['the pitch', 'Hello there.', { voice: { ...DEFAULT_VOICE, pitch: 1.5 } }],
    ['the range', 'Hello there.', { voice: { ...DEFAULT_VOICE, range: 1.5 } }],
    ['the volume', 'Hello there.', { voice: quieter }],
    ['the owner', 'Hello there.', { owner: 'jisu@example.com' }],
  ]
  for (const [what, text, change] of CHANGES) {
    it(`speaks anew when it is another: ${what}`, async (t) => {
      const { engine, speak } = await open(t)
      await speak('Hello there.')
      await speak(text, change)
      assert.equal(engine.asked, 2)
    })
  }

  const TOLD: readonly (readonly [what: string, plain: string, told: string])[] = [
    ['a break', 'One. Two.', 'One. <break time="2s"/>Two.'],
    ['a mark', 'One. Two.', 'One. <mark name="a"/>Two.'],
    ['the name of a mark', '<mark name="a"/>One.', '<mark name="b"/>One.'],
    ['the place of a mark', 'One <mark name="a"/>two three.', 'One two <mark name="a"/>three.'],
    ['how a part of it is said', 'One two.', 'One <prosody rate="slow">two</prosody>.'],
    ['what is said', 'One two.', 'One <sub alias="three">two</sub>.'],
    ['where a sentence ends', 'One two.', '<s>One</s> <s>two.</s>'],
    ['the sounds of a word', '<phoneme ph="a">One</phoneme>.', '<phoneme ph="b">One</phoneme>.'],
  ]
  for (const [what, plain, told] of TOLD) {
    it(`speaks anew when SSML tells another: ${what}`, async (t) => {
      const { engine, cache } = await open(t)
      const speak = async (inner: string) => {
        const manuscript = readSsml(`<speak>${inner}</speak>`)
        const sentences = toSentences({ manuscript, voice: DEFAULT_VOICE, language: 'en' }, engine)
        const before = engine.asked
        await cache.of(OWNER, async () => true)(manuscript.content.text, sentences, { engine })
        return engine.asked - before
      }
      assert.ok((await speak(plain)) > 0)
      assert.equal(await speak(plain), 0)
      assert.ok((await speak(told)) > 0)
    })
  }

  it('knows the same again in SSML that tells nothing of it', async (t) => {
    const { engine, cache, speak } = await open(t)
    await speak('Hello there.')
    const manuscript = readSsml('<speak><p>\n<emphasis>Hello</emphasis> there.</p></speak>')
    const sentences = toSentences({ manuscript, voice: DEFAULT_VOICE }, engine)
    await cache.of(OWNER, async () => true)(manuscript.content.text, sentences, { engine })
    assert.equal(engine.asked, 1)
  })

  it('speaks anew with another engine, another version of it, or at another rate', async (t) => {
    const { engine, speak, kept } = await open(t)
    await speak('Hello there.')
    const others = [
      Object.assign(new CountingEngine(), { name: 'other' }),
      Object.assign(new CountingEngine(), { identity: '2' }),
      Object.assign(new CountingEngine(), { sampleRate: 16_000 }),
    ]
    for (const other of others) {
      await speak('Hello there.', { using: other })
      assert.equal(other.asked, 1)
    }
    assert.equal(engine.asked, 1)
    assert.equal(await kept(), 4)
  })

  it('keeps no more than it may, and lets go of what was not used for longest', async (t) => {
    const { engine, speak, kept } = await open(t, 3 * BYTES)
    for (const text of ['One.', 'Two.', 'Three.']) await speak(text)
    await speak('One.')
    await speak('Four.')
    assert.equal(engine.asked, 4)
    assert.equal(await kept(), 3)
    for (const text of ['One.', 'Three.', 'Four.']) await speak(text)
    assert.equal(engine.asked, 4)
    await speak('Two.')
    assert.equal(engine.asked, 5)
  })

  it('forgets all that is one person’s, and nothing else', async (t) => {
    const { cache, engine, speak, kept } = await open(t)
    for (const owner of [OWNER, 'jisu@example.com'])
      for (const text of ['One.', 'Two.']) await speak(text, { owner })
    await cache.forget(OWNER)
    await assert.rejects(kept(), { code: 'ENOENT' })
    assert.equal(await kept('jisu@example.com'), 2)
    await speak('One.')
    assert.equal(engine.asked, 5)
  })

  it('keeps nothing of a voice that is deleted while it speaks, whatever of both is first', async (t) => {
    const { cache, engine, speak, kept } = await open(t)
    await speak('One.', { isCurrent: () => false })
    await assert.rejects(kept(), { code: 'ENOENT' }, 'deleted before it was asked for')
    await speak('One.', { isCurrent: () => cache.forget(OWNER).then(() => true) })
    await assert.rejects(kept(), { code: 'ENOENT' }, 'deleted after it was asked for')
    const away = new Error('away')
    await assert.rejects(speak('One.', { isCurrent: () => Promise.reject(away) }), away)
    await assert.rejects(kept(), { code: 'ENOENT' }, 'nobody knows')
    assert.equal(engine.asked, 3)
  })

  it('knows what was deleted without being told, and what others deleted because of its age', async (t) => {
    const { engine, records, speak, storage } = await open(t)
    await speak('One.')
    await speak('Two.')
    const files = await collect(storage.list(`${OWNER}/cache/`))
    for (const { key } of files) await storage.delete(key)
    await speak('One.')
    assert.equal(engine.asked, 3)
    assert.equal((await records.list('cache/')).length, 2)
    const now = new Date(Date.now() + 100_000)
    const onCachedDeleted = (key: string) => forgetPart(records, key)
    await sweep(storage, { retentionOf: () => 10, now, onCachedDeleted })
    assert.equal((await records.list('cache/')).length, 1, 'that of the file that nobody swept')
    await speak('One.')
    assert.equal(engine.asked, 4)
  })

  it('takes nothing that has no record: it is being deleted', async (t) => {
    const { engine, records, speak } = await open(t)
    await speak('One.')
    for (const { key } of await records.list('cache/')) await records.delete(key)
    await speak('One.')
    assert.equal(engine.asked, 2)
  })

  it('keeps nothing when it may have no bytes', async (t) => {
    const { engine, speak } = await open(t, 0)
    await speak('One.')
    await speak('One.')
    assert.equal(engine.asked, 2)
  })
})
