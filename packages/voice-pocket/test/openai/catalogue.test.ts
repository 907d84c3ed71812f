import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../src/config.ts'
import type { EngineReport } from '../../src/engines/probe.ts'
import { HttpProblem } from '../../src/http/errors.ts'
import { Catalogue } from '../../src/http/openai/catalogue.ts'
import { OPENAI_VOICES, readVoiceNames, standIn } from '../../src/http/openai/names.ts'
import type { EnrolledVoice } from '../../src/voices/enrolled-voice.ts'

const FULL = { min: 0, max: 2 }

function engine(name: string, voices: readonly string[], rate = { min: 0.5, max: 2 }): EngineReport {
  const capabilities = { languages: ['en'], voices, rate, pitch: FULL, range: FULL, volume: FULL }
  return { name, available: true, sampleRate: 22_050, capabilities }
}

const ESPEAK = engine('espeak', ['f1', 'f2', 'm1', 'Mr serious'])
const SHERPA = engine('sherpa', ['alloy', 'hana'], { min: 0.8, max: 1.2 })
const AWAY: EngineReport = { name: 'openai', available: false }

function catalogue(engines: readonly EngineReport[], names = '') {
  const enrolled = async () => [MINJI]
  const parts = { engines: async () => engines, voiceNames: readVoiceNames(names), enrolled }
  const whole = new Catalogue(parts)
  const find = (voice: string, { model = 'tts-1', speed }: { model?: string; speed?: number } = {}) =>
    whole.find({ model, voice, speed })
  return { whole, find }
}

const MINJI = {
  email: 'minji@example.com',
  name: 'Minji',
  grants: [{ email: 'minho@example.com', at: '' }],
} as EnrolledVoice
const AS_IT_IS = { pitch: 1, range: 1, volume: 1 }

test("a voice of an engine is itself, and OpenAI's is what stands in for it in the first engine", async () => {
  const { find } = catalogue([ESPEAK, SHERPA])
  assert.deepEqual(await find('f2'), { options: { voice: 'f2', rate: 1, ...AS_IT_IS } })
  assert.deepEqual(await find('coral'), { options: { voice: 'f2', rate: 1, ...AS_IT_IS } })
  assert.deepEqual(await find('hana'), { options: { voice: 'hana', rate: 1, ...AS_IT_IS } })
})

test("an engine's own voice comes before what stands in", async () => {
  const { find } = catalogue([ESPEAK, SHERPA])
  assert.equal((await find('alloy')).options.voice, 'alloy')
})

test('the name of an engine as model means this one alone', async () => {
  const { find } = catalogue([ESPEAK, SHERPA])
  const { options } = await find('alloy', { model: 'espeak' })
  assert.deepEqual([options.engine, options.voice], ['espeak', 'f1'])
  await assert.rejects(find('hana', { model: 'espeak' }), isProblem(400, '/voice'))
  await assert.rejects(find('alloy', { model: 'gpt-9' }), isProblem(404, '/model'))
})

test('speed is as near as the engine comes that speaks', async () => {
  const { find } = catalogue([ESPEAK, SHERPA])
  for (const [voice, speed, rate] of [
    ['f2', 0.25, 0.5],
    ['f2', 4, 2],
    ['f2', 1.5, 1.5],
    ['hana', 4, 1.2],
    ['minji@example.com', 4, 2],
  ] as const) {
    assert.equal((await find(voice, { speed })).options.rate, rate, `${voice} ${speed}`)
  }
})

test('an e-mail is the voice of that person, who keeps their own pace unless told', async () => {
  const { find } = catalogue([ESPEAK])
  for (const voice of ['minji@example.com', 'minji@Example.COM']) {
    assert.deepEqual(await find(voice), { person: 'minji@example.com', options: {} })
  }
})

test('names of the operator stand for voices and people, and come first', async () => {
  const { whole, find } = catalogue([ESPEAK], 'alloy=m1, boss=minji@example.com')
  assert.equal((await find('alloy')).options.voice, 'm1')
  assert.equal((await find('boss')).person, 'minji@example.com')
  const listed = (await whole.voices('nobody@example.com', 'espeak')).map(({ id }) => id)
  assert.deepEqual(listed.slice(0, 3), ['alloy', 'boss', 'ash'])
  assert.ok(!listed.includes('Mr serious'), 'nobody could ask for a name with a blank in it')
  assert.equal(new Set(listed).size, listed.length)
})

test('voices of people are listed for those who may use them', async () => {
  const { whole } = catalogue([ESPEAK])
  const first = async (asker: string) => (await whole.voices(asker, undefined))[0]
  assert.deepEqual(await first('minji@example.com'), { id: 'minji@example.com', name: 'Minji' })
  assert.deepEqual(await first('minho@example.com'), { id: 'minji@example.com', name: 'Minji' })
  assert.deepEqual(await first('sora@example.com'), { id: 'alloy', name: 'alloy' })
})

test('while an engine cannot say what it has, an unknown voice is for the workers to know', async () => {
  assert.equal((await catalogue([ESPEAK, AWAY]).find('narrator')).options.voice, 'narrator')
  await assert.rejects(catalogue([ESPEAK]).find('narrator'), isProblem(400, '/voice'))
  const alone = await catalogue([AWAY]).find('alloy', { speed: 3 })
  assert.deepEqual(alone, { options: { rate: 3 } }, 'nothing is known of it')
})

test("each of OpenAI's voices has one of its own where there are enough, and the same one always", () => {
  const dealt = OPENAI_VOICES.map((name) => standIn(name, ['a', 'b', 'c']))
  assert.deepEqual(dealt.slice(0, 4), ['a', 'b', 'c', 'a'])
  const many = Array.from({ length: 20 }, (_, i) => `v${i}`)
  assert.equal(new Set(OPENAI_VOICES.map((name) => standIn(name, many))).size, OPENAI_VOICES.length)
  assert.equal(standIn('alloy', []), undefined)
})

test('settings that name a voice twice, or somebody without an address, are refused', () => {
  for (const env of [
    { VOICE_POCKET_OPENAI_VOICES: 'alloy=f1,alloy=f2' },
    { VOICE_POCKET_OPENAI_VOICES: 'alloy' },
    { VOICE_POCKET_OPENAI_EMAIL: 'nobody@' },
  ]) {
    assert.throws(() => loadConfig(env), new RegExp(Object.keys(env)[0] ?? ''))
  }
  assert.equal(loadConfig({ VOICE_POCKET_OPENAI_VOICES: 'alloy=f1' }).openAiVoices, 'alloy=f1')
})

function isProblem(status: number, pointer: string) {
  return (error: unknown) =>
    error instanceof HttpProblem && error.status === status && error.errors?.[0]?.pointer === pointer
}
