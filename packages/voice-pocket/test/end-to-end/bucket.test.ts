/** The service with its speech in a bucket: whatever a caller asks for comes from there. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { readWav } from '../../src/audio/wav.ts'
import { createStorage } from '../../src/storage/index.ts'
import { collect } from '../collect.ts'
import { pythonPath } from '../service-url.ts'
import { S3Server } from '../storage/s3/server.ts'
import { follow } from './events.ts'
import { Workspace } from './workspace.ts'

const EMAIL = 'minji@example.com'
/** More than four parts, so that all workers share it. */
const LONG_TEXT = 'This sentence is one of many that make a long text. '.repeat(34)
const python = pythonPath()

const skip = python === undefined && 'no PYTHON_VENV: npm test makes one'

test('a text becomes a file in the bucket, is heard, captioned and encoded from there, and deleted when it is old', {
  skip,
}, async (t) => {
  await using server = await S3Server.start(String(python))
  const url = await server.storageUrl('speech')
  const storage = await createStorage(url)
  const workspace = await Workspace.open(t)
  const env = {
    ...server.env,
    VOICE_POCKET_STORAGE: url,
    VOICE_POCKET_AUDIO_REDIRECT: '60',
    VOICE_POCKET_CONCURRENCY: '2',
    VOICE_POCKET_RETENTION: '1',
    VOICE_POCKET_SWEEP_INTERVAL: '0',
  }
  const { program, api } = await workspace.serve(env)
  const uuid = randomUUID()
  const key = `${EMAIL}/${uuid}.wav`
  const accepted = await fetch(api, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uuid, email: EMAIL, text: LONG_TEXT }),
  })
  assert.equal(accepted.status, 202)
  const followed = fetch(`${api}/${uuid}/audio?follow=1`).then((response) => response.bytes())
  assert.equal((await follow(`${api}/${uuid}/events`)).at(-1)?.result, key)
  const sound = await buffer(await storage.read(key))
  const { samples, sampleRate } = readWav(sound)
  assert.ok(samples.length / sampleRate > 60)
  const heard = await followed
  assert.ok(Buffer.from(heard).subarray(44).equals(sound.subarray(44)), 'what was heard live is the file')

  const sent = await fetch(`${api}/${uuid}/audio`, { redirect: 'manual' })
  assert.equal(sent.status, 307)
  const there = String(sent.headers.get('location'))
  assert.ok(there.startsWith(`${server.endpoint}/`))
  assert.ok(Buffer.from(await (await fetch(there)).bytes()).equals(sound))
  const head = await fetch(`${api}/${uuid}/audio`, { method: 'HEAD', redirect: 'manual' })
  assert.equal(head.headers.get('content-length'), String(sound.length))

  const mp3 = await fetch(`${api}/${uuid}/audio?format=mp3`)
  assert.equal(new URL(mp3.url).origin, server.endpoint)
  assert.equal(mp3.headers.get('content-type'), 'audio/mpeg')
  const [made, ...more] = await collect(storage.list(key.replace('.wav', '@')))
  assert.equal((await mp3.bytes()).length, made?.size)
  assert.deepEqual(more, [])
  const captions = await fetch(`${api}/${uuid}/captions?format=srt`)
  assert.match(await captions.text(), /^1\n00:00:00,000 --> .*\nThis sentence is one of many/)

  const names = async () => (await collect(storage.list(`${EMAIL}/${uuid}`))).map((object) => object.key)
  assert.deepEqual(
    (await names()).toSorted(),
    [key.replace('.wav', '.json'), key, String(made?.key)].toSorted(),
    'no parts are left',
  )
  const listed = workspace.voicePocket(['storage', 'list'], env)
  assert.equal(await listed.exited, 0, listed.output)
  assert.match(listed.output, new RegExp(`^20.* ${sound.length}  ${key}$`))
  const usage = workspace.voicePocket(['storage', 'usage', '--json'], env)
  assert.equal(await usage.exited, 0, usage.output)
  const { owner, speeches, retention } = JSON.parse(usage.output)
  assert.deepEqual({ owner, speeches, retention }, { owner: EMAIL, speeches: 1, retention: 1 })
  const swept = workspace.voicePocket(['storage', 'sweep', EMAIL], env)
  assert.equal(await swept.exited, 0, swept.output)
  assert.match(swept.output, /^minji@example\.com: \d+ files, \d+ bytes deleted$/m)
  assert.deepEqual(await names(), [])
  assert.equal((await fetch(`${api}/${uuid}/audio`)).status, 410)
  assert.equal(await program.stop(), 0)
})

test('a folder has no addresses that callers could be sent to', async (t) => {
  const workspace = await Workspace.open(t)
  const api = workspace.voicePocket(['api'], { VOICE_POCKET_AUDIO_REDIRECT: '60' })
  assert.equal(await api.exited, 1)
  assert.match(api.output, /VOICE_POCKET_AUDIO_REDIRECT is 60, but nobody can be sent to a folder/)
})
