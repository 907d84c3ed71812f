import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toBytes } from '../../src/audio/pcm.ts'
import { MAX_DATA_BYTES, readWav, WAV_HEADER_BYTES, wavHeader } from '../../src/audio/wav.ts'
import { WavError } from '../../src/exceptions.ts'

const SAMPLES = Int16Array.of(0, 1, -1, 32_767, -32_768)

function chunk(id: string, content: Uint8Array, size = content.length): Buffer {
  const head = Buffer.alloc(8)
  head.write(id)
  head.writeUInt32LE(size, 4)
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)])
}

function format({ tag = 1, channels = 1, rate = 22_050, bits = 16, extra = Buffer.alloc(0) } = {}): Buffer {
  const fmt = Buffer.alloc(16)
  fmt.writeUInt16LE(tag, 0)
  fmt.writeUInt16LE(channels, 2)
  fmt.writeUInt32LE(rate, 4)
  fmt.writeUInt32LE((rate * channels * bits) / 8, 8)
  fmt.writeUInt16LE((channels * bits) / 8, 12)
  fmt.writeUInt16LE(bits, 14)
  return chunk('fmt ', Buffer.concat([fmt, extra]))
}

function riff(...chunks: Uint8Array[]): Buffer {
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...chunks]))
}

const data = chunk('data', toBytes(SAMPLES))

describe('wavHeader', () => {
  it('is, byte for byte, the header of the specification', () => {
    const header = Buffer.from(wavHeader(22_050, 10)).toString('hex')
    assert.equal(
      header,
      '52494646' +
        '2e000000' +
        '57415645' +
        '666d7420' +
        '10000000' +
        '0100' +
        '0100' +
        '22560000' +
        '44ac0000' +
        '0200' +
        '1000' +
        '64617461' +
        '0a000000',
    )
    assert.equal(header.length / 2, WAV_HEADER_BYTES)
  })

  it('refuses a length that its fields can not hold', () => {
    assert.equal(Buffer.from(wavHeader(22_050, MAX_DATA_BYTES)).readUInt32LE(4), 0xffff_fffe)
    assert.throws(() => wavHeader(22_050, MAX_DATA_BYTES + 1), WavError)
  })
})

describe('readWav', () => {
  it('gives back what was written', () => {
    const file = Buffer.concat([wavHeader(44_100, SAMPLES.byteLength), toBytes(SAMPLES)])
    assert.deepEqual(readWav(file), { sampleRate: 44_100, samples: SAMPLES })
  })

  it('reads a file that begins at an odd address', () => {
    const file = Buffer.concat([Buffer.from('x'), riff(format(), data)]).subarray(1)
    assert.deepEqual(readWav(file).samples, SAMPLES)
  })

  it('skips other chunks, and the padding byte of odd ones', () => {
    const file = riff(
      chunk('LIST', Buffer.from('odd')),
      format(),
      chunk('fact', Buffer.alloc(4)),
      data,
      chunk('id3 ', Buffer.from('x')),
    )
    assert.deepEqual(readWav(file).samples, SAMPLES)
  })

  it('reads an extensible header', () => {
    const extra = Buffer.alloc(24)
    extra.writeUInt16LE(22, 0)
    extra.writeUInt16LE(1, 8)
    assert.deepEqual(readWav(riff(format({ tag: 0xfffe, extra }), data)).samples, SAMPLES)
  })

  it('takes what there is when a stream did not know its length, or was cut off', () => {
    const bytes = toBytes(SAMPLES)
    assert.deepEqual(readWav(riff(format(), chunk('data', bytes, 0xffff_ffff))).samples, SAMPLES)
    const cut = Buffer.concat([wavHeader(22_050, bytes.length), bytes]).subarray(0, WAV_HEADER_BYTES + 5)
    assert.deepEqual(readWav(cut).samples, SAMPLES.subarray(0, 2))
  })

  it('says what is wrong with anything else', () => {
    const wrong: readonly (readonly [file: Buffer, message: RegExp])[] = [
      [Buffer.from(''), /RIFF and WAVE/],
      [Buffer.from('ID3 something else'), /RIFF and WAVE/],
      [riff(format()), /data chunk is missing/],
      [riff(data), /no fmt chunk before/],
      [riff(chunk('fmt ', Buffer.alloc(4)), data), /4 bytes.*at least 16/],
      [riff(format({ tag: 3 }), data), /format 3.*PCM/],
      [riff(format({ channels: 2 }), data), /2 channels of 16 bits/],
      [riff(format({ bits: 24 }), data), /1 channels of 24 bits/],
    ]
    for (const [file, message] of wrong) assert.throws(() => readWav(file), { name: 'WavError', message })
  })
})
