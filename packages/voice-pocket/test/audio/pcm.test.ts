import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fadeEdges, fromBytes, measure, silence, toBytes } from '../../src/audio/pcm.ts'

describe('fadeEdges', () => {
  it('begins and ends near zero, and leaves the length and the middle as they are', () => {
    const loud = new Int16Array(1000).fill(20_000)
    const faded = fadeEdges(loud, 100)
    assert.equal(faded.length, 1000)
    assert.ok(Math.abs(Number(faded[0])) < 50 && Math.abs(Number(faded[999])) < 50)
    assert.deepEqual(faded.subarray(100, 900), loud.subarray(100, 900))
    assert.equal(loud[0], 20_000, 'what was given is not changed')
  })

  it('rises and falls steadily', () => {
    const faded = fadeEdges(new Int16Array(300).fill(10_000), 100)
    for (let i = 1; i < 100; i++) {
      assert.ok(Number(faded[i]) >= Number(faded[i - 1]))
      assert.ok(Number(faded[299 - i]) >= Number(faded[300 - i]))
    }
    assert.ok(measure(faded.subarray(1), 1).steepest < 0.4)
  })

  it('fades the sound itself when silence surrounds it', () => {
    const samples = new Int16Array(500)
    samples.fill(15_000, 200, 300)
    const faded = fadeEdges(samples, 20)
    assert.ok(Math.abs(Number(faded[200])) < 200 && Math.abs(Number(faded[299])) < 200)
    assert.equal(faded[250], 15_000)
    assert.deepEqual(faded.subarray(0, 200), silence(200))
  })

  it('shortens its ramps for a short sound, and takes silence and nothing', () => {
    assert.equal(fadeEdges(Int16Array.of(9000, 9000, 9000, 9000), 100).length, 4)
    assert.deepEqual(fadeEdges(Int16Array.of(5), 100), Int16Array.of(5))
    assert.deepEqual(fadeEdges(silence(10), 3), silence(10))
    assert.deepEqual(fadeEdges(silence(0), 3), silence(0))
  })
})

describe('toBytes', () => {
  it('is little-endian and can be undone', () => {
    const samples = Int16Array.of(1, -2, 258)
    assert.equal(Buffer.from(toBytes(samples)).toString('hex'), '0100feff0201')
    assert.deepEqual(fromBytes(toBytes(samples)), samples)
    assert.equal(Buffer.from(toBytes(samples.subarray(1, 2))).toString('hex'), 'feff')
  })
})

describe('measure', () => {
  it('knows duration, peak, loudness and the steepest step', () => {
    const square = Int16Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 16_384 : -16_384))
    assert.deepEqual(measure(square, 1000), { durationMs: 100, peak: 0.5, rms: 0.5, steepest: 1 })
    assert.deepEqual(measure(silence(50), 1000), { durationMs: 50, peak: 0, rms: 0, steepest: 0 })
    assert.deepEqual(measure(silence(0), 1000), { durationMs: 0, peak: 0, rms: 0, steepest: 0 })
  })
})
