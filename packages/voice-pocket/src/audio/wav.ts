/**
 * WAV files as this service writes them: RIFF, one `fmt ` chunk, one `data` chunk; PCM, 16 bits, mono.
 * The reader also takes what others write of that kind: extensible headers, further chunks in any order, odd
 * chunks with their padding byte, and the lengths of a stream whose writer did not know them.
 * Format: http://soundfile.sapp.org/doc/WaveFormat/ and Microsoft's "New Multimedia Data Types and Data Techniques".
 */
import { WavError } from '../exceptions.ts'
import { fromBytes } from './pcm.ts'

export const WAV_HEADER_BYTES = 44
/** The size field of RIFF has 32 bits and counts all but the first eight bytes. */
export const MAX_DATA_BYTES = 0xffff_fffe - (WAV_HEADER_BYTES - 8)

const RIFF_BYTES = 12
const NO_WAV = 'This is no WAV file: it must begin with RIFF and WAVE.'
export const NO_SOUND = 'This WAV file has no sound: its data chunk is missing.'

const PCM = 1
const EXTENSIBLE = 0xfffe

export interface WavFormat {
  readonly sampleRate: number
  readonly channels: number
  readonly bitsPerSample: number
}

export function wavHeader(sampleRate: number, dataBytes: number): Uint8Array {
  if (dataBytes > MAX_DATA_BYTES) {
    throw new WavError(`A WAV file can not hold ${dataBytes} bytes of sound; the most is ${MAX_DATA_BYTES}.`)
  }
  const header = Buffer.alloc(WAV_HEADER_BYTES)
  header.write('RIFF', 0)
  header.writeUInt32LE(WAV_HEADER_BYTES - 8 + dataBytes, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(PCM, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(sampleRate, 24)
  header.writeUInt32LE(sampleRate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(dataBytes, 40)
  return header
}

export function readWav(file: Uint8Array): { sampleRate: number; samples: Int16Array } {
  const head = readWavHead(file)
  if (head === undefined) throw new WavError(file.length < RIFF_BYTES ? NO_WAV : NO_SOUND)
  const { sampleRate, dataOffset, dataBytes } = head
  return { sampleRate, samples: fromBytes(file.subarray(dataOffset, dataOffset + dataBytes)) }
}

export interface WavHead {
  readonly sampleRate: number
  /** Where the sound begins. */
  readonly dataOffset: number
  /** As the file says; there may be fewer. A writer that streams does not know it, and leaves 0xFFFFFFFF. */
  readonly dataBytes: number
}

/** `undefined` when the sound does not begin within these first bytes of a file. @throws WavError */
export function readWavHead(start: Uint8Array): WavHead | undefined {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength)
  if (bytes.length >= RIFF_BYTES && !/^RIFF.{4}WAVE$/s.test(bytes.toString('latin1', 0, RIFF_BYTES))) {
    throw new WavError(NO_WAV)
  }
  let format: WavFormat | undefined
  for (const { id, offset, size } of chunks(bytes)) {
    if (id === 'fmt ' && offset + size > bytes.length) return undefined
    if (id === 'fmt ') format = readFormat(bytes.subarray(offset, offset + size))
    if (id === 'data') return { sampleRate: checkedRate(format), dataOffset: offset, dataBytes: size }
  }
  return undefined
}

/** Only the last one may end behind these bytes. */
function* chunks(bytes: Buffer): Generator<{ id: string; offset: number; size: number }> {
  let offset = RIFF_BYTES
  while (offset + 8 <= bytes.length) {
    const id = bytes.toString('latin1', offset, offset + 4)
    const size = bytes.readUInt32LE(offset + 4)
    yield { id, offset: offset + 8, size }
    offset += 8 + size + (size % 2)
  }
}

function readFormat(content: Buffer): WavFormat {
  if (content.length < 16)
    throw new WavError(`The fmt chunk has ${content.length} bytes, but must have at least 16.`)
  const tag = content.readUInt16LE(0)
  const code = tag === EXTENSIBLE && content.length >= 26 ? content.readUInt16LE(24) : tag
  if (code !== PCM) throw new WavError(`The sound is in format ${code}, but must be PCM (1).`)
  return {
    channels: content.readUInt16LE(2),
    sampleRate: content.readUInt32LE(4),
    bitsPerSample: content.readUInt16LE(14),
  }
}

function checkedRate(format: WavFormat | undefined): number {
  if (format === undefined) throw new WavError('This WAV file has no fmt chunk before its data chunk.')
  const { sampleRate, channels, bitsPerSample } = format
  if (channels === 1 && bitsPerSample === 16) return sampleRate
  throw new WavError(`The sound has ${channels} channels of ${bitsPerSample} bits, but must have 1 of 16.`)
}
