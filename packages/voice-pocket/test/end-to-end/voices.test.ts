/** A voice and its owner: over HTTP, over the queue, on the command line, and in the task itself. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Connection, Consumer, type Message, Producer, Queue } from '@voice-pocket/kombu'
import { loadConfig } from '../../src/config.ts'
import { queueOf } from '../../src/notices.ts'
import { VoicePocket } from '../../src/service.ts'
import { examineRecording } from '../../src/voices/examine.ts'
import { silentLogger } from '../silent-logger.ts'
import { browserRecording, spoken, wavOf } from '../voices/recordings.ts'
import { CONSENT, GOOD_WAV } from '../voices/voice-bench.ts'
import { follow } from './events.ts'
import { Workspace } from './workspace.ts'

const MINJI = 'minji@example.com'
const JISU = 'jisu@example.com'
const BOOK = Array.from({ length: 300 }, (_, i) => `Sentence ${i + 1} of a book that is long.`).join(' ')
const HIGH = { name: 'f2', pitch: 1.3 }

interface Notice {
  readonly uuid: string
  readonly type: string
  readonly state: string
  readonly error: { readonly reason: string } | null
}

async function enrol(origin: string, email: string, recording: Uint8Array): Promise<Response> {
  const form = new FormData()
  form.set('email', email)
  form.set('consent', CONSENT.statement)
  form.set('consent_by', CONSENT.by)
  form.set('recording', new Blob([new Uint8Array(recording)]), 'recording.webm')
  return fetch(`${origin}/v1/voices`, { method: 'POST', body: form })
}

test("a browser's recording becomes a voice in its register, which speaks for those who have its grant", async (t) => {
  const workspace = await Workspace.open(t)
  const { api } = await workspace.serve()
  const { origin } = new URL(api)
  const recording = await browserRecording(await spoken(HIGH))
  const enrolled = await enrol(origin, MINJI, recording)
  assert.equal(enrolled.status, 201, await enrolled.text())

  const ask = (requestFrom: string, uuid = randomUUID(), text = 'The north wind and the sun.') =>
    fetch(api, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uuid, requestFrom, requestTo: MINJI, text }),
    })
  assert.equal((await ask(JISU)).status, 403)

  // The first requests all need the voice at once.
  const uuids = Array.from({ length: 4 }, () => randomUUID())
  for (const uuid of uuids) assert.equal((await ask(MINJI, uuid)).status, 202)
  const ends = await Promise.all(uuids.map((uuid) => follow(`${api}/${uuid}/events`)))
  assert.deepEqual(
    ends.map((seen) => seen.at(-1)?.state),
    Array(4).fill('SUCCESS'),
  )
  const folder = join(workspace.folder, 'data/speech', MINJI)
  const wanted = (await examineRecording(await temporary(workspace, wavOf(await spoken(HIGH))))).measured
    .pitch
  const heard = (await examineRecording(join(folder, `${uuids[0]}.wav`))).measured.pitch
  assert.ok(Math.abs(12 * Math.log2(heard / wanted)) < 2, `${wanted} Hz became ${heard} Hz`)

  const voice = `${origin}/v1/voices/${MINJI}`
  assert.equal((await fetch(`${voice}/grants/${JISU}`, { method: 'PUT' })).status, 200)
  const granted = randomUUID()
  assert.equal((await ask(JISU, granted)).status, 202)
  assert.equal((await follow(`${api}/${granted}/events`)).at(-1)?.state, 'SUCCESS')
  const book = randomUUID()
  assert.equal((await ask(JISU, book, BOOK)).status, 202)
  await follow(`${api}/${book}/events`, ({ state }) => state === 'PROGRESS')
  assert.equal((await fetch(`${voice}/grants/${JISU}`, { method: 'DELETE' })).status, 200)
  const end = (await follow(`${api}/${book}/events`)).at(-1)
  assert.equal(end?.state, 'FAILURE', 'in the middle')
  assert.match(String(end?.error?.detail), /revoked the grant of jisu@example\.com while/)
  assert.equal((await ask(JISU)).status, 403)

  // Whoever can send tasks need not ask before.
  await using pocket = await VoicePocket.open(inFolder(workspace.folder), silentLogger)
  const kwargs = { uuid: randomUUID(), email: MINJI, text: 'Hello.', requestFrom: JISU }
  const result = await pocket.app.sendTask('text_to_speech', { kwargs })
  await assert.rejects(result.get(), /minji@example\.com has not granted jisu@example\.com/)

  const log = (await (await fetch(`${voice}/uses`)).json()) as Record<string, { uuid: string; by: string }[]>
  assert.deepEqual(log.uses?.map(({ uuid }) => uuid).sort(), [...uuids, granted, book].sort())
  assert.deepEqual(
    log.refusals?.map(({ by }) => by),
    [JISU, JISU, JISU, JISU],
  )
  const deleted = (await (await fetch(voice, { method: 'DELETE' })).json()) as { speech: string[] }
  assert.deepEqual(deleted.speech.toSorted(), [...uuids, granted].sort(), 'of the book nothing is stored')
  assert.ok(!(await readdir(folder)).includes('recordings'))
})

test('over the queue: a voice is enrolled by a message, an asker without a grant is told, and dead letters have the reason', async (t) => {
  const workspace = await Workspace.open(t)
  await workspace.voicePocket(['worker']).says(/takes messages/)
  const config = inFolder(workspace.folder)
  await using connection = new Connection(config.brokerUrl)
  const output = queueOf({
    exchange: config.outputExchange,
    queue: config.outputQueue,
    key: config.outputKey,
  })
  const notices = await listen(connection, output)
  const input = queueOf({ exchange: config.inputExchange, queue: config.inputQueue, key: config.inputKey })
  const producer = new Producer(connection)
  const send = (message: object) =>
    producer.publish(message, { exchange: input.exchange, routingKey: input.routingKey, declare: [input] })

  const [voice, again, speech] = [randomUUID(), randomUUID(), randomUUID()]
  const data = (await browserRecording(await spoken(HIGH, ['The north wind and the sun.']))).toString(
    'base64',
  )
  const message = { type: 'VOICE', uuid: voice, email: MINJI, recordings: [{ data }], consent: CONSENT }
  await send(message)
  assert.deepEqual(pick(await notices.of(voice)), { type: 'VOICE', state: 'SUCCESS', reason: undefined })
  await send({ ...message, uuid: again })
  assert.deepEqual(pick(await notices.of(again)), {
    type: 'VOICE',
    state: 'REJECTED',
    reason: 'voice_conflict',
  })
  await send({ type: 'ETL', uuid: speech, requestFrom: JISU, requestTo: MINJI, text: 'Hello.' })
  assert.deepEqual(pick(await notices.of(speech)), { type: 'ETL', state: 'REJECTED', reason: 'no_grant' })

  assert.match(
    (await deadLetters(connection, config.deadQueue, 2)).join('\n'),
    /^voice_conflict: .*\nno_grant: /,
  )

  const run = async (...args: string[]) => {
    const program = workspace.voicePocket(['voices', ...args])
    assert.equal(await program.exited, 0, program.output)
    return program.output
  }
  assert.match(await run('list'), /^minji@example\.com: 1 recordings, .* 0 grants$/)
  assert.match(await run('grant', MINJI, JISU), /may speak with the voice/)
  const later = randomUUID()
  await send({ type: 'ETL', uuid: later, requestFrom: JISU, requestTo: MINJI, text: 'Hello.' })
  assert.deepEqual(pick(await notices.of(later)), { type: 'ETL', state: 'SUCCESS', reason: undefined })
  assert.match(await run('uses', MINJI), new RegExp(`jisu@example.com  ${later}\\n.*${speech}  refused`))
  assert.match(await run('delete', MINJI), new RegExp(`1 recordings .* deleted[^]*${later}$`))
})

test('of several programs that enrol the same address at once, one does, and nothing of the others stays', async (t) => {
  const workspace = await Workspace.open(t)
  await writeFile(join(workspace.folder, 'good.wav'), GOOD_WAV)
  const options = ['--email', MINJI, '--consent', CONSENT.statement, '--by', CONSENT.by]
  const programs = [1, 2, 3].map(() => workspace.voicePocket(['voices', 'enrol', 'good.wav', ...options]))
  const ends = await Promise.all(programs.map(({ exited }) => exited))
  assert.deepEqual(ends.toSorted(), [0, 1, 1], programs.map(({ output }) => output).join('\n'))
  const refused = programs.filter((_, index) => ends[index] === 1)
  for (const { output } of refused) assert.match(output, /has a voice already|being enrolled at this moment/)
  assert.equal((await readdir(join(workspace.folder, 'data/speech', MINJI, 'recordings'))).length, 1)
})

test('a recording that is no good is refused on the command line in one line', async (t) => {
  const workspace = await Workspace.open(t)
  await writeFile(join(workspace.folder, 'silence.wav'), wavOf(new Float32Array(96_000)))
  const options = ['--email', MINJI, '--consent', CONSENT.statement, '--by', CONSENT.by]
  const program = workspace.voicePocket(['voices', 'enrol', 'silence.wav', ...options])
  assert.equal(await program.exited, 1)
  assert.match(program.output, /^voice-pocket: silence\.wav: The recording is silent; [^\n]*$/)
})

async function temporary({ folder }: Workspace, bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'wanted.wav')
  await writeFile(path, bytes)
  return path
}

function inFolder(folder: string) {
  return loadConfig({
    CELERY_BROKER_URL: `sqlite:///${folder}/data/broker.sqlite`,
    CELERY_RESULT_BACKEND: `sqlite:///${folder}/data/results.sqlite`,
    VOICE_POCKET_INDEX: `sqlite:///${folder}/data/index.sqlite`,
    VOICE_POCKET_STORAGE: `file:${folder}/data/speech`,
  })
}

const pick = ({ type, state, error }: Notice) => ({ type, state, reason: error?.reason })

async function listen(connection: Connection, queue: ReturnType<typeof queueOf>) {
  const waiting = new Map<string, PromiseWithResolvers<Notice>>()
  const noticeOf = (uuid: string) => {
    const found = waiting.get(uuid) ?? Promise.withResolvers<Notice>()
    waiting.set(uuid, found)
    return found
  }
  const onMessage = async (message: Message) => {
    const notice = message.payload as Notice
    await message.ack()
    noticeOf(notice.uuid).resolve(notice)
  }
  await new Consumer(await connection.channel(), { queues: [queue], onMessage }).consume()
  return { of: (uuid: string) => noticeOf(uuid).promise }
}

/** The reasons of so many, as soon as they are there. */
async function deadLetters(connection: Connection, queue: string, count: number): Promise<string[]> {
  const all = Promise.withResolvers<string[]>()
  const reasons: string[] = []
  const onMessage = async (message: Message) => {
    reasons.push(String(message.headers['x-dead-letter-reason']))
    await message.ack()
    if (reasons.length === count) all.resolve(reasons)
  }
  await new Consumer(await connection.channel(), { queues: [new Queue(queue)], onMessage }).consume()
  return all.promise
}
