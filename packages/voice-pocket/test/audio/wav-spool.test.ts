import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { readWav } from '../../src/audio/wav.ts'
import { WavSpool } from '../../src/audio/wav-spool.ts'

describe('WavSpool', () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voice-pocket-spool-'))
  })

  after(() => rm(folder, { recursive: true }))

  it('is a WAV file with true lengths at any time', async () => {
    await using spool = await WavSpool.create(folder, 8000)
    assert.deepEqual(readWav(await buffer(spool.read())), { sampleRate: 8000, samples: new Int16Array(0) })
    await spool.append(Int16Array.of(1, 2, 3))
    await spool.append(new Int16Array(0))
    await spool.append(Int16Array.of(4))
    const file = await buffer(spool.read())
    assert.deepEqual(readWav(file).samples, Int16Array.of(1, 2, 3, 4))
    assert.equal(file.length, spool.bytes)
    assert.equal(file.readUInt32LE(4), file.length - 8)
    assert.equal(file.readUInt32LE(40), file.length - 44)
    assert.equal(spool.durationMs, Math.round(4000 / 8000))
  })

  it('gives back more than fits one read', async () => {
    await using spool = await WavSpool.create(folder, 8000)
    const samples = Int16Array.from({ length: 100_001 }, (_, i) => i)
    await spool.append(samples)
    assert.deepEqual(readWav(await buffer(spool.read())).samples, samples)
    assert.equal(spool.durationMs, 12_500)
  })

  it('has no name in its folder, so that nothing is left of a process that dies', async () => {
    await using spool = await WavSpool.create(folder, 8000)
    await spool.append(Int16Array.of(1))
    assert.deepEqual(await readdir(folder), [])
  })
})
