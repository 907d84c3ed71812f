/** The service as somebody has it after `npm start`: one program, nothing installed, data in ./data. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readWav } from '../../src/audio/wav.ts'
import { follow } from './events.ts'
import { Workspace } from './workspace.ts'

/** Long enough that five of them are at work for seconds on any machine. */
const LONG_TEXT = 'This is one of very many sentences. '.repeat(2_500)

function ask(api: string, body: object): Promise<Response> {
  return fetch(api, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

test('a request over HTTP becomes a wav file that is found by its own uuid', async (t) => {
  const workspace = await Workspace.open(t)
  const { program, api } = await workspace.serve()
  const uuid = randomUUID()
  const request = { uuid, email: 'minji@example.com', text: '안녕하세요. 보이스 포켓입니다.' }
  const accepted = await ask(api, request)
  assert.equal(accepted.status, 202)
  const { task_id: taskId } = (await accepted.json()) as { task_id: string }

  const seen = await follow(`${api}/${uuid}/events`)
  const last = seen.at(-1)
  assert.equal(last?.state, 'SUCCESS')
  assert.equal(last?.result, `minji@example.com/${uuid}.wav`)
  assert.ok(
    seen.some(({ progress }) => progress?.total === 2),
    'progress counts its two sentences',
  )

  const audio = await fetch(`${api}/${uuid}/audio`)
  assert.equal(audio.headers.get('content-type'), 'audio/wav')
  const sound = new Uint8Array(await audio.arrayBuffer())
  assert.deepEqual(
    Buffer.from(sound),
    await readFile(join(workspace.folder, 'data/speech/minji@example.com', `${uuid}.wav`)),
  )
  const { samples, sampleRate } = readWav(sound)
  assert.ok(samples.length / sampleRate > 1.5, 'two sentences take more than a second and a half')

  const again = await ask(api, request)
  assert.equal(again.status, 200)
  assert.equal(((await again.json()) as { task_id: string }).task_id, taskId)
  assert.equal(await program.stop(), 0)
})

test('five requests run side by side, the API answers meanwhile, and each can be cancelled', async (t) => {
  const unset = { VOICE_POCKET_CONCURRENCY: '' }
  const { api } = await (await Workspace.open(t)).serve(unset)
  const uuids = Array.from({ length: 5 }, () => randomUUID())
  for (const uuid of uuids) await ask(api, { uuid, email: 'reader@example.com', text: LONG_TEXT })
  await Promise.all(
    uuids.map((uuid) => follow(`${api}/${uuid}/events`, ({ progress }) => (progress?.done ?? 0) > 0)),
  )
  // Each has begun to speak. If any had to wait for another, that one would have ended by now.
  const states = await Promise.all(
    uuids.map(async (uuid) => (await (await fetch(`${api}/${uuid}`)).json()) as object),
  )
  assert.deepEqual(
    states.map((status) => (status as { state: string }).state),
    Array.from({ length: 5 }, () => 'PROGRESS'),
  )
  for (const uuid of uuids) assert.equal((await fetch(`${api}/${uuid}`, { method: 'DELETE' })).ok, true)
  const ends = await Promise.all(uuids.map((uuid) => follow(`${api}/${uuid}/events`)))
  assert.deepEqual(
    ends.map((seen) => seen.at(-1)?.state),
    Array.from({ length: 5 }, () => 'REVOKED'),
  )
})

test('say brings its own worker where none is, and writes the file', async (t) => {
  const workspace = await Workspace.open(t)
  const program = workspace.voicePocket(['say', '안녕하세요. Hello.', '-o', 'hello.wav'])
  assert.equal(await program.exited, 0, program.output)
  assert.match(program.output, /0\/2 sentences/)
  const { samples, sampleRate } = readWav(await readFile(join(workspace.folder, 'hello.wav')))
  assert.ok(samples.length / sampleRate > 0.8)
})

test('say plays with the first program that is installed, and says when there is none', async (t) => {
  const workspace = await Workspace.open(t)
  const env = { PATH: workspace.folder }
  const silent = workspace.voicePocket(['say', 'Good morning.'], env)
  assert.equal(await silent.exited, 0, silent.output)
  assert.match(silent.output, /No program to play sound was found[^\n]*\nanyone@example\.com\/.*\.wav/)

  await writeFile(join(workspace.folder, 'aplay'), '#!/bin/sh\nexec /bin/cat > heard.wav\n', { mode: 0o755 })
  const heard = workspace.voicePocket(['say', 'Good morning.'], env)
  assert.equal(await heard.exited, 0, heard.output)
  assert.doesNotMatch(heard.output, /No program/)
  assert.ok(readWav(await readFile(join(workspace.folder, 'heard.wav'))).samples.length > 0)
})

test('say tells in one line where the speech is when the file cannot be written', async (t) => {
  const program = (await Workspace.open(t)).voicePocket(['say', 'Good morning.', '-o', 'nowhere/morning.wav'])
  assert.equal(await program.exited, 1)
  assert.match(
    String(program.lines.at(-1)),
    /nowhere\/morning\.wav cannot be written: .*anyone@example\.com\//,
  )
})

test('say is spoken by the server that runs already', async (t) => {
  const workspace = await Workspace.open(t)
  const { program: server } = await workspace.serve()
  const program = workspace.voicePocket(['say', 'Good morning.', '-o', 'morning.wav'])
  assert.equal(await program.exited, 0, program.output)
  assert.doesNotMatch(program.output, /brings its own/)
  await server.says(/text_to_speech\[.*succeeded/)
})

test('every worker of a machine hears of a cancellation, whichever runs the task', async (t) => {
  const workspace = await Workspace.open(t)
  const other = workspace.voicePocket(['worker'])
  const { program, api } = await workspace.serve()
  await other.says(/takes messages/)
  const uuid = randomUUID()
  await ask(api, { uuid, email: 'reader@example.com', text: LONG_TEXT })
  await follow(`${api}/${uuid}/events`, ({ state }) => state === 'PROGRESS')
  assert.equal((await fetch(`${api}/${uuid}`, { method: 'DELETE' })).status, 202)
  await Promise.all([program, other].map((worker) => worker.says(/flagged as revoked/)))
})

test('a server that is killed in the middle leaves its request to the next one', async (t) => {
  const workspace = await Workspace.open(t)
  const first = await workspace.serve()
  const uuid = randomUUID()
  await ask(first.api, { uuid, email: 'reader@example.com', text: LONG_TEXT.slice(0, 8_000) })
  await follow(`${first.api}/${uuid}/events`, ({ state }) => state === 'PROGRESS')
  await first.program.stop('SIGKILL')
  const folder = join(workspace.folder, 'data/speech/reader@example.com')
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith('.wav')),
    [],
    'no half file has its name',
  )

  const second = await workspace.serve()
  assert.equal((await follow(`${second.api}/${uuid}/events`)).at(-1)?.state, 'SUCCESS')
})

test('a server that waits for its broker ends when it is told to', async (t) => {
  const env = { CELERY_BROKER_URL: 'amqp://127.0.0.1:1', PORT: '0' }
  const program = (await Workspace.open(t)).voicePocket(['serve'], env)
  await program.says(/Trying again/)
  assert.equal(await program.stop(), 0)
  assert.match(program.output, /listening/)
  assert.doesNotMatch(program.output, /takes messages/)
})

test('a second signal ends at once what the first one would have waited for, and gives it back', async (t) => {
  const workspace = await Workspace.open(t)
  const { program, api } = await workspace.serve()
  const uuid = randomUUID()
  await ask(api, { uuid, email: 'reader@example.com', text: LONG_TEXT })
  await follow(`${api}/${uuid}/events`, ({ state }) => state === 'PROGRESS')
  program.process.kill('SIGTERM')
  await program.says(/finishing what runs/)
  assert.equal(await program.stop(), 1)
  assert.match(program.output, /goes back to its queue/)
})

for (const [variable, value] of [
  ['VOICE_POCKET_ENGINES', 'flite'],
  ['CELERY_RESULT_BACKEND', 'memory://'],
] as const) {
  test(`a worker does not start with ${variable}=${value}, and one line says why`, async (t) => {
    const program = (await Workspace.open(t)).voicePocket(['worker'], { [variable]: value })
    assert.equal(await program.exited, 1)
    assert.match(program.output, /^voice-pocket: [^\n]+$/)
  })
}

test('doctor finds nothing wrong with the embedded default', async (t) => {
  const program = (await Workspace.open(t)).voicePocket(['doctor'])
  assert.equal(await program.exited, 0, program.output)
  assert.equal(program.lines.filter((line) => line.startsWith('ok')).length, 5)
})

test('doctor names what is away, and what to do', async (t) => {
  const env = { CELERY_RESULT_BACKEND: 'redis://127.0.0.1:1/0' }
  const program = (await Workspace.open(t)).voicePocket(['doctor'], env)
  assert.equal(await program.exited, 1)
  assert.match(
    program.output,
    /FAIL {2}results[\s\S]*-> Start the result backend, or correct CELERY_RESULT_BACKEND/,
  )
})
