import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { HttpServer } from '../../src/http/server.ts'
import { EMAIL, openSpeechBench } from '../speech-bench.ts'
import { browserRecording, m4aRecording, spoken, wavOf } from '../voices/recordings.ts'
import { CONSENT, GOOD_WAV } from '../voices/voice-bench.ts'
import { closedAccess } from './access-options.ts'
import { httpOptions, openHttpBench } from './http-bench.ts'
import { LIMITS, openVoices } from './voice-options.ts'

const UPLOAD = 'voice-pocket-upload-'
const FRIEND = 'jisu@example.com'
const FIELDS = { email: EMAIL, consent: CONSENT.statement, consent_by: CONSENT.by }

function form(files: readonly Uint8Array[] = [GOOD_WAV], fields: Record<string, string> = FIELDS): FormData {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) data.set(name, value)
  for (const [index, file] of files.entries()) {
    data.append('recording', new Blob([new Uint8Array(file)]), `${index + 1}.wav`)
  }
  return data
}

/** As bytes: a form that is still being written when the reader has left is an error of its own, of fetch. */
async function formBody(form: FormData) {
  const whole = new Request('http://localhost', { method: 'POST', body: form })
  const headers = { 'Content-Type': String(whole.headers.get('content-type')) }
  return { body: await whole.arrayBuffer(), headers }
}

const jsonBody = (value: object) => ({
  body: JSON.stringify(value),
  headers: { 'Content-Type': 'application/json' },
})

/** A voice, a list, a log or a problem. */
interface Answer {
  readonly [field: string]: unknown
  readonly code: string
  readonly detail: string
  readonly recordings: readonly { readonly codec: string }[]
  readonly refusals: readonly object[]
  readonly voices: readonly object[]
}

async function bench(t: TestContext, changes = {}) {
  const opened = await openHttpBench(t, changes)
  const call = async (method: string, path: string, body?: FormData | object, headers = {}) => {
    const sent = body && (body instanceof FormData ? await formBody(body) : jsonBody(body))
    const response = await opened.app.request(path, {
      method,
      headers: { ...sent?.headers, ...headers },
      ...(sent && { body: sent.body }),
    })
    const json = (await response.json()) as Answer
    return { status: response.status, headers: response.headers, json }
  }
  const enrol = (files?: readonly Uint8Array[], fields?: Record<string, string>) =>
    call('POST', '/v1/voices', form(files, fields))
  return { ...opened, call, enrol }
}

test('an owner is one owner, in whatever case the domain was typed, and however the letters', async (t) => {
  const { call, enrol, post } = await bench(t)
  const { status, json, headers } = await enrol([GOOD_WAV], { ...FIELDS, email: 'ren\u00e9@Example.COM' })
  assert.equal(status, 201, json.detail)
  assert.equal(json.email, 'ren\u00e9@example.com')
  const again = encodeURIComponent('rene\u0301@example.com')
  assert.equal((await enrol([GOOD_WAV], { ...FIELDS, email: 'rene\u0301@example.com' })).status, 409)
  assert.deepEqual((await call('GET', `/v1/voices/${again}`)).json, json)
  assert.equal((await call('PUT', `/v1/voices/${again}/grants/${FRIEND.toUpperCase()}`)).status, 200)
  await call('PUT', `/v1/voices/${again}/grants/jisu@EXAMPLE.com`)
  const asked = { requestFrom: FRIEND, requestTo: 'rene\u0301@EXAMPLE.com', text: 'Hello.' }
  assert.equal((await post({ uuid: randomUUID(), ...asked })).status, 202)
  const stranger = { ...asked, requestFrom: 'sora@example.com' }
  assert.equal((await post({ uuid: randomUUID(), ...stranger })).status, 403)
  assert.equal((await call('DELETE', String(headers.get('location')))).status, 200)
  assert.equal((await call('GET', `/v1/voices/${again}`)).status, 404)
})

const uploads = async () => new Set((await readdir(tmpdir())).filter((name) => name.startsWith(UPLOAD)))

test('a voice is enrolled, looked at, changed, granted, used, revoked and deleted', async (t) => {
  const { call, enrol, post, started } = await bench(t)
  const enrolled = await enrol([GOOD_WAV], { ...FIELDS, name: 'Minji', transcript: 'The north wind.' })
  assert.equal(enrolled.status, 201, enrolled.json.detail)
  const path = String(enrolled.headers.get('location'))
  assert.equal(path, '/v1/voices/minji%40example.com')
  assert.match(String(enrolled.json.likeness), /that is not a likeness/)
  assert.deepEqual(enrolled.json.consent, {
    ...CONSENT,
    at: Object(enrolled.json.consent).at,
    entered_by: 'open',
  })

  const changed = await call('PATCH', path, { name: 'Kim', defaults: { rate: 0.9, language: 'ko' } })
  assert.deepEqual(changed.json.defaults, { rate: 0.9, language: 'ko' })
  assert.deepEqual(changed.json.transcript, 'The north wind.')
  assert.deepEqual((await call('GET', path)).json, changed.json)
  assert.deepEqual((await call('GET', '/v1/voices')).json, { voices: [changed.json] })

  const ask = async () =>
    (await post({ uuid: randomUUID(), requestFrom: FRIEND, requestTo: EMAIL, text: 'Hello.' })).json()
  assert.equal(Object(await ask()).code, 'no_grant')
  assert.equal(started.length, 0)
  assert.equal((await call('PUT', `${path}/grants/${FRIEND}`)).status, 200)
  assert.ok(Object(await ask()).task_id)
  const { json: revoked } = await call('DELETE', `${path}/grants/${FRIEND}`)
  assert.deepEqual(revoked.grants, [])
  assert.equal(Object(await ask()).status, 403)
  const { json: log } = await call('GET', `${path}/uses`)
  assert.deepEqual(log.uses, [], 'nothing was spoken')
  assert.equal(Array.from(log.refusals).length, 2)

  assert.deepEqual((await call('DELETE', path)).json, { email: EMAIL, recordings: 1, speech: [] })
  assert.equal((await call('GET', path)).json.code, 'no_voice')
  assert.ok(Object(await ask()).task_id, 'as for everybody who has no voice')
})

test("a browser's own recording, and several, become a voice", async (t) => {
  const { enrol } = await bench(t)
  const { status, json } = await enrol([await browserRecording(await spoken()), GOOD_WAV])
  assert.equal(status, 201, json.detail)
  assert.deepEqual(
    Array.from(json.recordings, ({ codec }) => codec),
    ['opus', 'pcm-s16'],
  )
})

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0

test('a telephone’s m4a becomes a voice', { skip: !hasFfmpeg && 'ffmpeg is not installed' }, async (t) => {
  const { enrol } = await bench(t)
  const { status, json } = await enrol([await m4aRecording(await spoken(), false)])
  assert.equal(status, 201, json.detail)
  assert.equal(json.recordings[0]?.codec, 'aac')
})

test('a boundary that no form can have is the fault of whoever sent it', async (t) => {
  const { app } = await openHttpBench(t)
  const headers = { 'Content-Type': `multipart/form-data; boundary=${'x'.repeat(300)}` }
  const response = await app.request('/v1/voices', { method: 'POST', body: '--', headers })
  assert.equal(response.status, 400)
  assert.match(await response.text(), /invalid_form.*boundary/)
})

test('what is wrong with a form is said', async (t) => {
  const { call, enrol } = await bench(t)
  const silence = wavOf(new Float32Array(96_000))
  const big = new Uint8Array(LIMITS.fileBytes + 1)
  const { consent: _, ...withoutConsent } = FIELDS
  for (const [answer, status, code, detail] of [
    [await enrol([]), 422, 'invalid_request', /\/recording is required/],
    [await enrol([GOOD_WAV], withoutConsent), 422, 'invalid_request', /\/consent/],
    [await enrol([GOOD_WAV], { ...FIELDS, consnt: 'x' }), 422, 'invalid_request', /did you mean consent\?/],
    [await enrol([GOOD_WAV], { ...FIELDS, email: 'minji' }), 422, 'invalid_request', /e-mail/],
    [
      await enrol([GOOD_WAV], { ...FIELDS, name: '\u001b[2J' }),
      422,
      'invalid_request',
      /no control characters/,
    ],
    [await enrol([GOOD_WAV], { ...FIELDS, name: 'x'.repeat(70_000) }), 400, 'invalid_form', /name is longer/],
    [await enrol([GOOD_WAV, silence]), 422, 'recording_silent', /^2\.wav: .*not muted/],
    [await enrol([Buffer.from('not a sound')]), 415, 'recording_unsupported', /send WAV/],
    [await enrol([GOOD_WAV, GOOD_WAV, GOOD_WAV, GOOD_WAV]), 400, 'invalid_form', /more than 3 files/],
    [await enrol([big]), 413, 'recording_too_large', /more than 2 MB/],
    [await enrol([big.subarray(2), big.subarray(2), big.subarray(2)]), 413, 'recording_too_large', /4 MB/],
    [await call('POST', '/v1/voices', { email: EMAIL }), 415, 'unsupported_media_type', /multipart/],
    [await call('PATCH', `/v1/voices/${EMAIL}`, { grants: [] }), 422, 'invalid_request', /not a field/],
    [await call('GET', '/v1/voices/minji'), 404, 'not_found', /no e-mail address/],
    [await call('PUT', `/v1/voices/${EMAIL}/grants/${FRIEND}`), 404, 'no_voice', /Nobody enrolled/],
  ] as const) {
    assert.deepEqual({ status: answer.status, code: answer.json.code }, { status, code }, answer.json.detail)
    assert.match(answer.json.detail, detail)
  }
  assert.deepEqual((await call('GET', '/v1/voices')).json, { voices: [] })
})

test('a form that is cut off, or has no end, is refused, and leaves nothing on the disk', async (t) => {
  const { app } = await bench(t)
  const before = await uploads()
  const { body, headers } = await formBody(form())
  const bytes = Buffer.from(body)
  for (const length of [100, 10_000, bytes.length - 10]) {
    const response = await app.request('/v1/voices', {
      method: 'POST',
      body: bytes.subarray(0, length),
      headers,
    })
    assert.equal(response.status, 400, String(length))
  }
  assert.deepEqual((await uploads()).difference(before), new Set())
})

test('what an upload left whose process was killed an hour ago goes with the next one', async (t) => {
  const { enrol } = await bench(t)
  const [old, recent] = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), UPLOAD))))
  t.after(() => rm(String(recent), { recursive: true }))
  const aWhileAgo = new Date(Date.now() - 61 * 60 * 1000)
  await utimes(String(old), aWhileAgo, aWhileAgo)
  assert.equal((await enrol()).status, 201)
  const left = await uploads()
  assert.ok(!left.has(basename(String(old))) && left.has(basename(String(recent))))
})

test('a second enrolment of the same address is refused', async (t) => {
  const { enrol } = await bench(t)
  assert.equal((await enrol()).status, 201)
  const { status, json } = await enrol()
  assert.deepEqual([status, json.code], [409, 'voice_conflict'])
})

test('somebody with a key of their own has their own voice, and no other', async (t) => {
  const speech = await openSpeechBench(t)
  const { options, keyOf } = closedAccess(speech)
  const { call } = await bench(t, { ...options, ...openVoices(speech) })
  const [own, other, service] = [await keyOf(EMAIL), await keyOf(FRIEND), await keyOf()]
  const path = `/v1/voices/${EMAIL}`
  assert.equal((await call('POST', '/v1/voices', form())).status, 401)
  assert.equal((await call('POST', '/v1/voices', form(), other)).status, 403)
  const { status, json } = await call('POST', '/v1/voices', form(), own)
  assert.equal(status, 201)
  assert.equal(Object(json.consent).entered_by, own['X-API-Key'].replace(/_[^_]{43}$/, ''))
  for (const [method, at] of [
    ['GET', path],
    ['DELETE', path],
    ['GET', `${path}/uses`],
    ['PUT', `${path}/grants/${FRIEND}`],
    ['DELETE', `${path}/grants/${FRIEND}`],
  ] as const) {
    assert.equal((await call(method, at, undefined, other)).status, 403, `${method} ${at}`)
  }
  assert.equal((await call('PATCH', path, { name: 'Mine' }, other)).status, 403)
  assert.deepEqual((await call('GET', '/v1/voices', undefined, other)).json, { voices: [] })
  assert.equal(Array.from((await call('GET', '/v1/voices', undefined, service)).json.voices).length, 1)
})

test('two gigabytes are refused at the limit: neither stored nor in memory', async (t) => {
  const speech = await openSpeechBench(t)
  const server = speech.cleanUp.use(
    new HttpServer({
      ...httpOptions(speech),
      host: '127.0.0.1',
      port: 0,
    }),
  )
  const address = await server.start()
  const before = await uploads()
  for (const length of [2 * 1024 ** 3, undefined]) {
    const sent = await sendForEver(`${address}/v1/voices`, length)
    assert.equal(sent.status, 413)
    assert.ok(sent.bytes < 100 * 1024 * 1024, `${sent.bytes} bytes were taken`)
  }
  assert.deepEqual((await uploads()).difference(before), new Set())
  assert.equal((await fetch(`${address}/v1/voices`)).status, 200)
})

/** Until the server answers; with a length, or in chunks of which nobody knows how many. */
async function sendForEver(url: string, length?: number): Promise<{ status: number; bytes: number }> {
  const boundary = 'a-boundary'
  const outgoing = request(url, {
    method: 'POST',
    headers: {
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      ...(length !== undefined && { 'Content-Length': length }),
    },
  })
  outgoing.on('error', () => {}) // the server hangs up
  const answered = once(outgoing, 'response')
  outgoing.write(
    `--${boundary}\r\nContent-Disposition: form-data; name="recording"; filename="long.wav"\r\n\r\n`,
  )
  const chunk = Buffer.alloc(256 * 1024)
  let bytes = 0
  const write = () => {
    while (!outgoing.destroyed && outgoing.write(chunk)) bytes += chunk.length
    bytes += chunk.length
  }
  outgoing.on('drain', write)
  write()
  const [response] = await answered
  outgoing.off('drain', write)
  outgoing.destroy()
  return { status: response.statusCode, bytes }
}
