import assert from 'node:assert/strict'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { readWav, wavHeader } from '../../src/audio/wav.ts'
import { StoredObjectNotFoundError } from '../../src/exceptions.ts'
import { Encodings } from '../../src/speech/encodings.ts'
import { FilesystemStorage } from '../../src/storage/filesystem.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const SOUND = 'kim@example.com/2f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a10.wav'
const AT_8000 = { format: 'wav', sampleRate: 8_000 } as const

function wav(level: number): Buffer {
  const samples = new Int16Array(16_000).fill(level)
  return Buffer.concat([wavHeader(16_000, samples.byteLength), new Uint8Array(samples.buffer)])
}

async function open(t: TestContext) {
  const storage = new FilesystemStorage(await temporaryFolder(t))
  const encodings = new Encodings(storage)
  const level = async () => {
    const found = await encodings.find(SOUND, AT_8000)
    return readWav(await buffer(await storage.read(String(found?.key)))).samples[4_000]
  }
  return { storage, encodings, level }
}

test('an encoding is made once, and anew as soon as the sound is another, in the same second and of the same size', async (t) => {
  const { storage, encodings, level } = await open(t)
  // As S3 has it.
  const stat = storage.stat.bind(storage)
  storage.stat = async (key) => {
    const found = await stat(key)
    return found && { ...found, modifiedAt: new Date(0) }
  }
  await storage.write(SOUND, wav(1_000))
  const first = await encodings.find(SOUND, AT_8000)
  assert.deepEqual(await encodings.find(SOUND, AT_8000), first)
  assert.ok(Math.abs(Number(await level()) - 1_000) < 20)
  await storage.write(SOUND, wav(-2_000))
  assert.ok(Math.abs(Number(await level()) + 2_000) < 20)
  assert.notEqual((await encodings.find(SOUND, AT_8000))?.key, first?.key)
})

test('a sound that is written anew while it is encoded is not kept as the one before', async (t) => {
  const { storage, encodings, level } = await open(t)
  await storage.write(SOUND, wav(1_000))
  const read = storage.read.bind(storage)
  storage.read = async (key, range) => {
    storage.read = read
    await storage.write(SOUND, wav(-2_000))
    return read(key, range)
  }
  await assert.rejects(encodings.find(SOUND, AT_8000), StoredObjectNotFoundError)
  assert.ok(Math.abs(Number(await level()) + 2_000) < 20)
})

test('what cannot be encoded leaves no file open', async (t) => {
  const { storage, encodings } = await open(t)
  const samples = new Int16Array(200_000)
  await storage.write(
    SOUND,
    Buffer.concat([wavHeader(16_000, samples.byteLength), new Uint8Array(samples.buffer)]),
  )
  const read = storage.read.bind(storage)
  const opened: Readable[] = []
  storage.read = async (key, range) => {
    const stream = await read(key, range)
    opened.push(stream)
    return stream
  }
  const { TMPDIR } = process.env
  t.after(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  })
  process.env.TMPDIR = `${await temporaryFolder(t)}/missing`
  await assert.rejects(encodings.find(SOUND, AT_8000), { code: 'ENOENT' })
  assert.deepEqual(
    opened.map(({ destroyed }) => destroyed),
    [true],
  )
})
