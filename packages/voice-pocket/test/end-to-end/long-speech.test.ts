/** A long text on the embedded default: many parts, spoken by all children at once, joined to one. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readWav, WAV_HEADER_BYTES } from '../../src/audio/wav.ts'
import { follow } from './events.ts'
import { Workspace } from './workspace.ts'

const EMAIL = 'reader@example.com'
const SENTENCES = 120
const LONG_TEXT = Array.from({ length: SENTENCES }, (_, i) => `Sentence ${i + 1} of many.`).join(' ')

async function open(t: TestContext) {
  const workspace = await Workspace.open(t)
  const { api, program } = await workspace.serve({ VOICE_POCKET_CONCURRENCY: '3' })
  return {
    api,
    program,
    files: async () => {
      const names = await readdir(join(workspace.folder, 'data/speech', EMAIL))
      return names.filter((name) => name !== 'cache').sort()
    },
    async ask(text: string): Promise<string> {
      const uuid = randomUUID()
      const body = JSON.stringify({ uuid, email: EMAIL, text })
      const response = await fetch(api, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      })
      assert.equal(response.status, 202)
      return uuid
    },
  }
}

test('all of it is said, once and in order, and its captions end where it ends', async (t) => {
  const { api, ask, files } = await open(t)
  const uuid = await ask(LONG_TEXT)
  const seen = await follow(`${api}/${uuid}/events`)
  assert.equal(seen.at(-1)?.state, 'SUCCESS')
  assert.equal(seen.at(-1)?.result, `${EMAIL}/${uuid}.wav`)
  assert.ok(seen.some(({ progress }) => progress?.total === SENTENCES))
  assert.deepEqual(await files(), [`${uuid}.json`, `${uuid}.wav`, 'voice.json'])

  const { samples, sampleRate } = readWav(await (await fetch(`${api}/${uuid}/audio`)).bytes())
  const captions = (await (await fetch(`${api}/${uuid}/captions`)).json()) as {
    duration: number
    sentences: { text: string; start: number; end: number; text_start: number; text_end: number }[]
  }
  assert.ok(Math.abs(captions.duration - samples.length / sampleRate) < 0.002)
  assert.equal(captions.sentences.map(({ text }) => text).join(' '), LONG_TEXT)
  let before = 0
  for (const { text, start, end, text_start: from, text_end: to } of captions.sentences) {
    assert.equal(LONG_TEXT.slice(from, to), text)
    assert.ok(start >= before && end > start)
    before = end
  }
  const vtt = await (await fetch(`${api}/${uuid}/captions?format=vtt`)).text()
  const [last = ''] = Array.from(vtt.matchAll(/--> (\S+)/g), ([, time]) => time).slice(-1)
  assert.match(last, new RegExp(`${(captions.duration % 60).toFixed(3).padStart(6, '0')}$`))
})

test('it can be heard while it is made, and what is heard is the same as the file', async (t) => {
  const { api, ask } = await open(t)
  const uuid = await ask(LONG_TEXT)
  const response = await fetch(`${api}/${uuid}/audio?follow=1`)
  assert.equal(response.status, 200)
  const status = (await (await fetch(`${api}/${uuid}`)).json()) as { state: string }
  assert.equal(status.state, 'PROGRESS', 'the first bytes are there before the last sentence is spoken')
  const heard = Buffer.from(await response.bytes())
  await follow(`${api}/${uuid}/events`)
  const file = Buffer.from(await (await fetch(`${api}/${uuid}/audio`)).bytes())
  assert.ok(heard.subarray(WAV_HEADER_BYTES).equals(file.subarray(WAV_HEADER_BYTES)))
  const again = await fetch(`${api}/${uuid}/audio?follow=1`)
  assert.equal(again.headers.get('content-length'), String(file.length), 'afterwards it is the file')
})

test('what was said once is not made again, and sounds the same', async (t) => {
  const { api, ask, program } = await open(t)
  const sounds: Buffer[] = []
  for (const _ of [1, 2]) {
    const uuid = await ask(LONG_TEXT)
    assert.equal((await follow(`${api}/${uuid}/events`)).at(-1)?.state, 'SUCCESS')
    sounds.push(Buffer.from(await (await fetch(`${api}/${uuid}/audio`)).bytes()))
  }
  assert.ok(sounds[0]?.equals(sounds[1] as Buffer))
  assert.equal(await program.stop(), 0)
})

test('a short text does not wait for the long ones before it', async (t) => {
  const { api, ask } = await open(t)
  const books = await Promise.all([1, 2, 3, 4].map(() => ask(LONG_TEXT.repeat(4))))
  await follow(`${api}/${books[3]}/events`, ({ state }) => state === 'PROGRESS')
  const short = await ask('Hello.')
  assert.equal((await follow(`${api}/${short}/events`)).at(-1)?.state, 'SUCCESS')
  for (const uuid of books) {
    const { state } = (await (await fetch(`${api}/${uuid}`)).json()) as { state: string }
    assert.equal(state, 'PROGRESS', 'every book is being spoken, and none has ended')
  }
  for (const uuid of books) await fetch(`${api}/${uuid}`, { method: 'DELETE' })
})

test('what is cancelled leaves nothing behind', async (t) => {
  const { api, ask, files, program } = await open(t)
  const uuid = await ask(LONG_TEXT)
  await follow(`${api}/${uuid}/events`, ({ state }) => state === 'PROGRESS')
  await fetch(`${api}/${uuid}`, { method: 'DELETE' })
  assert.equal((await follow(`${api}/${uuid}/events`)).at(-1)?.state, 'REVOKED')
  await program.says(/Discarding revoked task: join_speech/)
  assert.equal(await program.stop(), 0)
  assert.deepEqual(await files(), ['voice.json'])
})
