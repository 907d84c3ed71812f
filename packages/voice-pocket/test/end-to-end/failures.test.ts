/** What goes wrong on purpose, in the service and its commands as people run them: what happens, and what they see. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { after, before, describe, it, test } from 'node:test'
import { createGzip } from 'node:zlib'
import { tarOf } from '../models/archives.ts'
import { wavOf } from '../voices/recordings.ts'
import { CONSENT } from '../voices/voice-bench.ts'
import { follow } from './events.ts'
import type { Program } from './program.ts'
import { Workspace } from './workspace.ts'

const EMAIL = 'minji@example.com'
const GIB = 1024 ** 3
const MIB = 1024 ** 2

describe('a service', { timeout: 120_000 }, () => {
  const cleanUp = new AsyncDisposableStack()
  let [workspace, program, api] = [] as unknown as [Workspace, Program, string]

  before(async () => {
    workspace = await Workspace.open({ after: (end) => void cleanUp.defer(end) })
    await mkdir(join(workspace.folder, 'data/models/no-model'), { recursive: true })
    await writeFile(join(workspace.folder, 'data/models/no-model/model.onnx'), 'no model')
    ;({ program, api } = await workspace.serve({
      VOICE_POCKET_ENGINES: 'sherpa,espeak',
      VOICE_POCKET_CONCURRENCY: '2',
    }))
  })
  after(() => cleanUp.disposeAsync())

  async function ask(text: string, more: object = {}): Promise<string> {
    const uuid = randomUUID()
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ uuid, email: EMAIL, text, ...more })
    const answer = await fetch(api, { method: 'POST', headers, body })
    assert.equal(answer.status, 202, await answer.text())
    return uuid
  }
  const endOf = async (uuid: string) => (await follow(`${api}/${uuid}/events`)).at(-1)

  it('whose engines are killed while they speak finishes what they had begun', async (t) => {
    if (process.platform !== 'linux') return t.skip('only Linux tells which processes are whose')
    const uuid = await ask('This sentence is one of very many. '.repeat(120))
    await follow(`${api}/${uuid}/events`, ({ state }) => state === 'PROGRESS')
    const children = await childrenOf(Number(program.process.pid))
    assert.ok(children.length >= 2)
    for (const child of children) process.kill(child, 'SIGKILL')
    assert.equal((await endOf(uuid))?.state, 'SUCCESS')
    await program.says(/lost its child/)
  })

  it('with a folder that is no model names what is missing, and has the next engine speak', async () => {
    const { engines } = (await (await fetch(new URL('/v1/engines', api))).json()) as {
      engines: { name: string; available: boolean; reason?: string }[]
    }
    const sherpa = engines.find(({ name }) => name === 'sherpa')
    assert.equal(sherpa?.available, false)
    assert.match(String(sherpa?.reason), /no-model.*voice-pocket\.json/s)
    assert.equal((await endOf(await ask('Good morning.')))?.state, 'SUCCESS')
  })

  it('refuses two gigabytes before it has them: in memory, on the disk, or at all', async () => {
    const before = await uploads()
    const memory = await memoryOf(Number(program.process.pid))
    for (const length of [2 * GIB, undefined]) {
      const { status, detail, bytes } = await upload(new URL('/v1/voices', api), length)
      assert.equal(status, 413)
      assert.match(detail, /more than \d+ MB/)
      assert.ok(bytes < 100 * MIB, `${bytes} bytes were taken`)
    }
    const grown = (await memoryOf(Number(program.process.pid))) - memory
    assert.ok(grown < 150 * MIB, `${grown} bytes of memory`)
    assert.deepEqual((await uploads()).difference(before), new Set())
    assert.equal((await fetch(new URL('/healthz', api))).status, 200)
  })

  it('refuses a recording of silence, and says what to do', async () => {
    const form = new FormData()
    for (const [name, value] of [
      ['email', EMAIL],
      ['consent', CONSENT.statement],
      ['consent_by', CONSENT.by],
    ] as const)
      form.set(name, value)
    form.set('recording', new Blob([new Uint8Array(wavOf(new Float32Array(96_000)))]), 'silence.wav')
    const answer = await fetch(new URL('/v1/voices', api), { method: 'POST', body: form })
    assert.equal(answer.status, 422)
    const { code, detail } = (await answer.json()) as { code: string; detail: string }
    assert.equal(code, 'recording_silent')
    assert.match(detail, /silence\.wav: The recording is silent; .*microphone/)
    assert.equal((await fetch(new URL(`/v1/voices/${EMAIL}`, api))).status, 404)
  })
})

test('while the broker is away a service lives, and says that it is not ready, and why', async (t) => {
  const broker = createServer((socket) => socket.destroy())
  t.after(() => broker.close())
  broker.listen(0, '127.0.0.1')
  await once(broker, 'listening')
  const { port } = broker.address() as AddressInfo
  const workspace = await Workspace.open(t)
  const program = workspace.voicePocket(['serve'], {
    PORT: '0',
    CELERY_BROKER_URL: `amqp://127.0.0.1:${port}`,
  })
  const [, address] = await program.says(/listening at (http:\/\/[\d.:]+)/)
  assert.equal((await fetch(`${address}/healthz`)).status, 200)
  const ready = await fetch(`${address}/readyz`)
  assert.equal(ready.status, 503)
  const { checks } = (await ready.json()) as { checks: { name: string; ok: boolean }[] }
  assert.equal(checks.find(({ name }) => name === 'broker')?.ok, false)
  assert.equal(checks.find(({ name }) => name === 'storage')?.ok, true)
  assert.equal(await program.stop(), 0)
})

test('an archive that would fill the disk is refused in one line, and nothing of it stays', async (t) => {
  const workspace = await Workspace.open(t)
  const model = { path: 'model/voice-pocket.json', content: '{}' }
  const bomb = { path: 'model/model.onnx', size: 3 * GIB }
  await writeGzip(join(workspace.folder, 'bomb.tar.gz'), tarOf(model, bomb), 256 * MIB)
  const program = workspace.voicePocket(['models', 'add', 'bomb.tar.gz'])
  assert.equal(await program.exited, 1)
  assert.match(
    program.output,
    /^voice-pocket: .*bomb\.tar\.gz is not unpacked: "model\/model\.onnx" makes it more/m,
  )
  assert.deepEqual(await readdir(join(workspace.folder, 'data'), { recursive: true }), ['models'])
})

test('a folder that is no model is not added, and one line says what it lacks', async (t) => {
  const workspace = await Workspace.open(t)
  await mkdir(join(workspace.folder, 'songs'))
  await writeFile(join(workspace.folder, 'songs/one.wav'), wavOf(new Float32Array(100)))
  const program = workspace.voicePocket(['models', 'add', 'songs'])
  assert.equal(await program.exited, 1)
  assert.match(program.output, /^voice-pocket: .*songs.*voice-pocket\.json/m)
  const listed = workspace.voicePocket(['models', 'list'])
  assert.equal(await listed.exited, 0)
  assert.doesNotMatch(listed.output, /songs/)
})

const uploads = async () =>
  new Set((await readdir(tmpdir())).filter((name) => name.startsWith('voice-pocket-upload-')))

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`)
  const each = await Promise.all(threads.map((id) => readFile(`/proc/${pid}/task/${id}/children`, 'utf8')))
  return each.join(' ').split(/\s+/).filter(Boolean).map(Number)
}

/** Resident bytes; what other systems than Linux do not tell has not grown. */
async function memoryOf(pid: number): Promise<number> {
  if (process.platform !== 'linux') return 0
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1])
}

/** Sends until the server answers: so many bytes, or, without a length, for ever. */
async function upload(url: URL, length: number | undefined) {
  const headers = {
    'Content-Type': 'multipart/form-data; boundary=line',
    ...(length !== undefined && { 'Content-Length': length }),
  }
  const outgoing = request(url, { method: 'POST', headers })
  outgoing.on('error', () => {}) // the server hangs up
  const answered = once(outgoing, 'response')
  outgoing.write('--line\r\nContent-Disposition: form-data; name="recording"; filename="a.wav"\r\n\r\n')
  const chunk = Buffer.alloc(256 * 1024)
  let bytes = 0
  const write = () => {
    let goesOn = !outgoing.destroyed
    while (goesOn) {
      goesOn = outgoing.write(chunk)
      bytes += chunk.length
    }
  }
  outgoing.on('drain', write)
  write()
  const [response] = await answered
  outgoing.off('drain', write)
  const { detail } = JSON.parse((await response.toArray()).join('')) as { detail: string }
  outgoing.destroy()
  return { status: response.statusCode as number, detail, bytes }
}

/** So many bytes of nothing behind the beginning, of which a thousandth is left. */
async function writeGzip(path: string, beginning: Buffer, zeros: number): Promise<void> {
  const chunk = Buffer.alloc(MIB)
  function* bytes() {
    yield beginning
    for (let written = 0; written < zeros; written += chunk.length) yield chunk
  }
  await pipeline(Readable.from(bytes()), createGzip({ level: 1 }), createWriteStream(path))
}
