/** What voices promise, whatever keeps their records. Each `open()` stands for a process. */
import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import type { Engine, EngineSettings } from '../../src/engines/engine.ts'
import {
  NoGrantError,
  RecordingError,
  StorageError,
  VoiceConflictError,
  VoiceNotFoundError,
} from '../../src/exceptions.ts'
import { PreparedVoices } from '../../src/voices/prepared-voices.ts'
import { RecordingStore } from '../../src/voices/recording-store.ts'
import { Synths } from '../../src/voices/synths.ts'
import { DEFAULT_VOICE } from '../../src/voices/voice.ts'
import type { Enrolment } from '../../src/voices/voice-service.ts'
import { VoiceStore } from '../../src/voices/voice-store.ts'
import { wavOf } from './recordings.ts'
import { CONSENT, GOOD_WAV, openVoiceBench } from './voice-bench.ts'

const address = () => `${randomUUID()}@example.com`
const by = (requestFrom: string, requestTo: string) => ({ uuid: randomUUID(), requestFrom, requestTo })
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

export function testVoices(driver: string, url?: string): void {
  const open = (t: TestContext) => openVoiceBench(t, url)

  suite(`voices: ${driver}`, () => {
    test('an enrolment is kept with its consent and the hash of what was sent; the original is not', async (t) => {
      const { voices, enrolment, folder } = await open(t)
      const email = address()
      const { voice, created } = await voices.enrol(
        enrolment(email, { name: 'Minji', transcript: 'The north wind.' }),
      )
      assert.equal(created, true)
      assert.deepEqual(voice.consent, CONSENT)
      const [recording] = voice.recordings
      assert.equal(recording?.sha256, sha256(GOOD_WAV))
      const stored = join(folder, 'speech', email, 'recordings')
      assert.deepEqual(await readdir(stored), [`${recording?.id}.wav`])
      assert.equal(recording?.storedSha256, sha256(await readFile(join(stored, `${recording?.id}.wav`))))
      assert.ok(Math.abs(voice.measured.pitch - 187) < 10, String(voice.measured.pitch))
      assert.deepEqual(await voices.registry.find(email), voice)
    })

    test('the original is kept when that is asked for', async (t) => {
      const { voices, enrolment, folder } = await open(t)
      const email = address()
      const { voice } = await voices.enrol(enrolment(email, { keepOriginals: true }))
      const original = join(folder, 'speech', email, 'recordings', `${voice.recordings[0]?.id}.original`)
      assert.deepEqual(await readFile(original), GOOD_WAV)
    })

    test('what could not be read again is not written, so that one voice is never in the way of all', async (t) => {
      const { voices, enrolment } = await open(t)
      const email = address()
      await voices.enrol(enrolment(email))
      const measured = { pitch: Number.NaN, spread: 1, syllables: 1, seconds: 1 }
      await assert.rejects(
        voices.registry.change(email, () => ({ measured })),
        { name: 'ZodError' },
      )
      assert.ok((await voices.registry.list()).some((voice) => voice.email === email))
    })

    test('a voice of a time when nobody noted who entered its consent is read as any other', async (t) => {
      const { voices, enrolment, records } = await open(t)
      const email = address()
      await voices.enrol(enrolment(email))
      await records.update(`voice/${email}`, (voice) => ({ ...(voice as object), enteredBy: undefined }))
      assert.equal((await voices.registry.get(email)).enteredBy, '')
    })

    for (const [name, consent] of [
      ['without the words', { ...CONSENT, statement: '' }],
      ['of nobody', { ...CONSENT, by: ' ' }],
      ['at no time', { ...CONSENT, at: 'yesterday' }],
    ] as const) {
      test(`a consent ${name} is none, and nothing is kept`, async (t) => {
        const { voices, enrolment, folder } = await open(t)
        const email = address()
        await assert.rejects(voices.enrol(enrolment(email, { consent })))
        assert.equal(await voices.registry.find(email), undefined)
        assert.ok(!(await readdir(folder)).includes('speech'))
      })
    }

    test('of several recordings the one that is no good is named, and none is kept', async (t) => {
      const { voices, enrolment, path, folder } = await open(t)
      const email = address()
      await writeFile(join(folder, 'silence'), wavOf(new Float32Array(96_000)))
      const recordings = [
        { path, label: 'one.wav' },
        { path: join(folder, 'silence'), label: 'two.wav' },
      ] as const
      await assert.rejects(voices.enrol(enrolment(email, { recordings })), (error) => {
        return (
          error instanceof RecordingError && error.fault === 'silent' && /^two\.wav: /.test(error.message)
        )
      })
      assert.equal(await voices.registry.find(email), undefined)
      assert.ok(!(await readdir(folder)).includes('speech'))
    })

    test('of several processes that enrol the same address at once, one does', async (t) => {
      const bench = await open(t)
      const email = address()
      const others = await Promise.all([1, 2, 3].map(() => bench.open()))
      const ends = await Promise.allSettled(
        [bench, ...others].map(({ voices }) => voices.enrol(bench.enrolment(email))),
      )
      const won = ends.filter(({ status }) => status === 'fulfilled')
      assert.equal(won.length, 1)
      for (const end of ends) {
        if (end.status === 'rejected') assert.ok(end.reason instanceof VoiceConflictError, String(end.reason))
      }
      const voice = await bench.voices.registry.get(email)
      assert.deepEqual(await readdir(join(bench.folder, 'speech', email, 'recordings')), [
        `${voice.recordings[0]?.id}.wav`,
      ])
    })

    test('the same request again is the same enrolment; another one is refused', async (t) => {
      const { voices, enrolment } = await open(t)
      const email = address()
      const requestId = randomUUID()
      const first = await voices.enrol(enrolment(email, { requestId }))
      const again = await voices.enrol(enrolment(email, { requestId }))
      assert.deepEqual(again, { voice: first.voice, created: false })
      await assert.rejects(voices.enrol(enrolment(email)), /has a voice already; delete it first/)
    })

    test('what an enrolment left that was killed in the middle is taken over, or deleted', async (t) => {
      const { voices, enrolment, folder } = await open(t)
      const [email, other] = [address(), address()]
      const requestId = randomUUID()
      for (const each of [email, other]) {
        const { voice } = await voices.enrol(enrolment(each, { requestId }))
        await voices.registry.update(each, () => ({ ...voice, state: 'enrolling' as const }))
        assert.equal(await voices.registry.find(each), undefined)
      }
      await assert.rejects(voices.enrol(enrolment(email)), /is being enrolled at this moment/)
      const { voice } = await voices.enrol(enrolment(email, { requestId }))
      assert.deepEqual(await readdir(join(folder, 'speech', email, 'recordings')), [
        `${voice.recordings[0]?.id}.wav`,
      ])
      assert.equal((await voices.delete(other)).recordings, 1)
      assert.deepEqual(await readdir(join(folder, 'speech')), ['.incoming', email])
    })

    for (const [name, fails] of [
      ['has no room for it', ['write']],
      ['is away', ['write', 'delete']],
    ] as const) {
      test(`an enrolment that fails since the storage ${name} can be tried again at once, and leaves nothing`, async (t) => {
        const { voices, storage, enrolment, folder } = await open(t)
        const email = address()
        const recordings: Enrolment['recordings'] = [
          ...enrolment(email).recordings,
          ...enrolment(email).recordings,
        ]
        let writes = 0
        const write = storage.write.bind(storage)
        const failing = t.mock.method(storage, 'write', async (...args: Parameters<typeof write>) => {
          writes += 1
          if (writes > 1) throw new StorageError('no room')
          await write(...args)
        })
        const away = fails.map((verb) =>
          verb === 'write'
            ? failing
            : t.mock.method(storage, verb, async () => Promise.reject(new StorageError('away'))),
        )
        await assert.rejects(voices.enrol(enrolment(email, { recordings })), { message: 'no room' })
        for (const each of away) each.mock.restore()
        const { voice, created } = await voices.enrol(enrolment(email))
        assert.equal(created, true)
        assert.deepEqual(await readdir(join(folder, 'speech', email, 'recordings')), [
          `${voice.recordings[0]?.id}.wav`,
        ])
      })
    }

    test('only the owner speaks with a voice, until they grant it, and after they revoke it', async (t) => {
      const bench = await open(t)
      const { registry } = (await bench.open()).voices
      const [owner, friend] = [address(), address()]
      assert.equal(await registry.permit(by(friend, owner)), undefined, 'nobody enrolled: anybody may ask')
      await bench.voices.enrol(bench.enrolment(owner))
      assert.equal((await registry.permit(by(owner, owner)))?.email, owner)
      const refused = by(friend, owner)
      await assert.rejects(registry.permit(refused), NoGrantError)
      await bench.voices.registry.grant(owner, friend)
      await bench.voices.registry.grant(owner, friend)
      const use = by(friend, owner)
      assert.equal((await registry.permit(use))?.grants.length, 1)
      await registry.logUse(use)
      await bench.voices.registry.revoke(owner, friend)
      await assert.rejects(registry.permit(by(friend, owner)), NoGrantError)
      const { uses, refusals } = await registry.uses(owner)
      assert.deepEqual(
        uses.map(({ uuid, by }) => ({ uuid, by })),
        [{ uuid: use.uuid, by: friend }],
      )
      assert.equal(refusals.length, 2)
      assert.equal(refusals[1]?.uuid, refused.uuid)
    })

    test('in the middle of a text a voice goes on only while it is the same and granted', async (t) => {
      const bench = await open(t)
      const { registry } = (await bench.open()).voices
      const [owner, friend] = [address(), address()]
      const book = by(friend, owner)
      const { voice } = await bench.voices.enrol(bench.enrolment(owner))
      await bench.voices.registry.grant(owner, friend)
      assert.equal((await registry.permitStill(book, voice.createdAt))?.email, owner)
      await bench.voices.change(owner, { transcript: 'Something else.' })
      assert.equal((await registry.permitStill(book, voice.createdAt))?.transcript, 'Something else.')
      await bench.voices.registry.revoke(owner, friend)
      for (const _ of [1, 2, 3]) {
        await assert.rejects(registry.permitStill(book, voice.createdAt), NoGrantError)
      }
      assert.equal((await registry.uses(owner)).refusals.length, 1, 'told once')
      assert.ok(await registry.permitStill({ ...book, requestFrom: owner }, voice.createdAt))
      await bench.voices.delete(owner)
      await assert.rejects(registry.permitStill(book, voice.createdAt), NoGrantError)
      await bench.voices.enrol(bench.enrolment(owner))
      await bench.voices.registry.grant(owner, friend)
      await assert.rejects(registry.permitStill(book, voice.createdAt), /was deleted/, 'another voice')
      assert.equal(await registry.permitStill(book, undefined), undefined, 'it began with a default voice')
    })

    test('no grant is lost when many are given at once', async (t) => {
      const bench = await open(t)
      const owner = address()
      await bench.voices.enrol(bench.enrolment(owner))
      const processes = [bench, await bench.open(), await bench.open()]
      const friends = Array.from({ length: 12 }, address)
      await Promise.all(friends.map((friend, i) => processes[i % 3]?.voices.registry.grant(owner, friend)))
      const { grants } = await bench.voices.registry.get(owner)
      assert.deepEqual(grants.map(({ email }) => email).sort(), friends.sort())
    })

    test('a deletion takes recordings, prepared voices, grants and the log, and says which speech stays', async (t) => {
      const { voices, records, enrolment, storage, folder } = await open(t)
      const [owner, friend] = [address(), address()]
      const { voice } = await voices.enrol(enrolment(owner, { keepOriginals: true }))
      await voices.registry.grant(owner, friend)
      await new PreparedVoices(records).add(voice, ENGINE, async () => DEFAULT_VOICE)
      const use = by(friend, owner)
      await voices.registry.logUse(by(friend, owner)) // it failed later: there is no speech
      await voices.registry.logUse(use)
      await storage.write(`${owner}/${use.uuid}.wav`, GOOD_WAV)
      assert.deepEqual(await voices.delete(owner), { email: owner, recordings: 1, speech: [use.uuid] })
      assert.deepEqual(await readdir(join(folder, 'speech', owner)), [`${use.uuid}.wav`])
      assert.deepEqual(await records.list(`voice-prepared/${owner}/`), [])
      assert.deepEqual(await voices.registry.uses(owner), { uses: [], refusals: [] })
      await assert.rejects(voices.registry.get(owner), VoiceNotFoundError)
      await assert.rejects(voices.delete(owner), VoiceNotFoundError)
      await voices.enrol(enrolment(owner))
      await assert.rejects(
        voices.registry.permit(by(friend, owner)),
        NoGrantError,
        'old grants are not for a new voice',
      )
    })

    test('a voice is prepared once, whatever number of workers need it at the same moment', async (t) => {
      const bench = await open(t)
      const email = address()
      const { voice: enrolled } = await bench.voices.enrol(bench.enrolment(email))
      let prepared = 0
      const engine: Engine = {
        ...ENGINE,
        async prepare(recordings, { pitch }) {
          prepared += 1
          assert.equal(recordings[0]?.sampleRate, 24_000)
          return { ...DEFAULT_VOICE, name: 'f2', pitch: pitch / 200 }
        },
      }
      const workers = await Promise.all(
        Array.from({ length: 4 }, async () => synthsOf(bench, await bench.open())),
      )
      const person = { email, enrolled }
      const loaded = await Promise.all(
        workers.map(async (synths) => {
          if (!(await synths.isSet(person, engine))) await synths.addSynth(person, engine)
          return synths.load(person, engine)
        }),
      )
      assert.equal(prepared, 1)
      for (const voice of loaded) assert.deepEqual(voice, loaded[0])
      assert.equal(loaded[0]?.name, 'f2')
      const changed = await bench.voices.change(email, { transcript: 'Something else.' })
      assert.equal(await workers[0]?.isSet({ email, enrolled: changed }, engine), false, 'another version')
      await workers[0]?.addSynth({ email, enrolled: changed }, engine)
      assert.equal(prepared, 2)
    })

    test('an engine that clones is given the recording, and what is said in it; a voice that changed is another sound', async (t) => {
      const bench = await open(t)
      const email = address()
      await bench.voices.enrol(
        bench.enrolment(email, { transcript: 'The north wind and the sun were arguing.' }),
      )
      const given: EngineSettings[] = []
      const cloning: Engine = {
        ...ENGINE,
        capabilities: { ...ENGINE.capabilities, cloning: 'recording-and-transcript' },
        async synthesize(_sentence, settings) {
          given.push(settings)
          return { samples: new Int16Array(1), marks: [] }
        },
      }
      const synths = synthsOf(bench, bench)
      const person = async () => ({ email, enrolled: await bench.voices.registry.find(email) })
      const speaking = await synths.speaking(await person(), cloning)
      await speaking.synthesize('Hello.', { ...DEFAULT_VOICE, language: 'en' })
      await speaking.synthesize('Hello.', { ...DEFAULT_VOICE, name: 'f2', language: 'en' })
      const [reference, none] = given.map((settings) => settings.reference)
      assert.equal(none, undefined, 'a voice of the engine was asked for')
      assert.equal(reference?.transcript, 'The north wind and the sun were arguing.')
      assert.equal(reference?.sampleRate, 24_000)
      assert.ok(reference.samples.length > 24_000)
      await bench.voices.change(email, { transcript: 'Something else.' })
      assert.notEqual((await synths.speaking(await person(), cloning)).identity, speaking.identity)
      assert.equal(await synths.speaking({ email }, cloning), cloning, 'somebody without a voice')
      assert.equal(await synths.speaking(await person(), ENGINE), ENGINE, 'an engine that does not clone')
    })

    test('what a worker left that failed to prepare a voice is prepared by the next', async (t) => {
      const bench = await open(t)
      const email = address()
      const { voice } = await bench.voices.enrol(bench.enrolment(email))
      const prepared = new PreparedVoices(bench.records)
      const fail = () => Promise.reject(new Error('out of memory'))
      await assert.rejects(prepared.add(voice, ENGINE, fail), /out of memory/)
      assert.deepEqual(await prepared.add(voice, ENGINE, async () => DEFAULT_VOICE), DEFAULT_VOICE)
      const dead = { token: 'of a process that died', until: Date.now() - 1 }
      await bench.records.update(`voice-prepared/${email}/${voice.version}/other`, () => dead)
      const other = { ...ENGINE, name: 'other' }
      assert.deepEqual(await prepared.add(voice, other, async () => DEFAULT_VOICE), DEFAULT_VOICE)
    })

    test('a voice that is deleted while it is prepared leaves nothing', async (t) => {
      const bench = await open(t)
      const email = address()
      const { voice: enrolled } = await bench.voices.enrol(bench.enrolment(email))
      const engine: Engine = {
        ...ENGINE,
        async prepare() {
          await bench.voices.delete(email)
          return DEFAULT_VOICE
        },
      }
      await assert.rejects(synthsOf(bench, bench).addSynth({ email, enrolled }, engine), VoiceConflictError)
      assert.deepEqual(await bench.records.list(`voice-prepared/${email}/`), [])
    })
  })
}

const BOUNDS = { min: 0, max: 2 }
const ENGINE: Engine = {
  name: 'test',
  sampleRate: 24_000,
  capabilities: {
    languages: ['en'],
    voices: ['f2'],
    rate: BOUNDS,
    pitch: BOUNDS,
    range: BOUNDS,
    volume: BOUNDS,
  },
  synthesize: async () => ({ samples: new Int16Array(1), marks: [] }),
  close: async () => {},
}

type Bench = Awaited<ReturnType<typeof openVoiceBench>>

function synthsOf({ storage }: Bench, { records, voices }: Awaited<ReturnType<Bench['open']>>): Synths {
  return new Synths({
    registry: voices.registry,
    recordings: new RecordingStore(storage, { examine: () => Promise.reject(new Error('not here')) }),
    prepared: new PreparedVoices(records),
    profiles: new VoiceStore(storage),
  })
}
