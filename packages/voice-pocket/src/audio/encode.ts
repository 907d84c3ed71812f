import { Spool } from '../spool.ts'
import { type AudioFormat, fittingRate, type SoundWriter } from './formats/format.ts'
import { resampled, type Sound } from './sound.ts'

export interface Encoding {
  readonly format: AudioFormat
  /** In Hz; the sound's own when not given. The nearest that the format has is taken. */
  readonly sampleRate?: number
  /** Bits a second; ignored by what is lossless. */
  readonly bitrate?: number
}

/**
 * A whole file of the format, which tells its true length. It waits on the disk of this machine until somebody has
 * read it, so dispose of the spool. Rejects with what the sound rejects with, or with the signal's reason.
 */
export async function encodeFile(sound: Sound, encoding: Encoding, signal?: AbortSignal): Promise<Spool> {
  const spool = await Spool.create()
  try {
    const write = (bytes: Uint8Array, position: number) => spool.write(bytes, position)
    await encode(sound, encoding, { live: false, write }, signal)
    return spool
  } catch (error) {
    await spool[Symbol.asyncDispose]()
    throw error
  }
}

/** For a listener who hears the sound while it is still being made. One who leaves aborts `left`, and so ends it. */
export function encodeLive(
  sound: Sound,
  encoding: Encoding,
  left = new AbortController(),
): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  writer.closed.catch((reason) => left.abort(reason))
  encode(sound, encoding, { live: true, write: (bytes) => writer.write(bytes.slice()) }, left.signal)
    .then(() => writer.close())
    .catch((error) => writer.abort(error))
  return readable
}

async function encode(
  sound: Sound,
  { format, sampleRate = sound.sampleRate, bitrate }: Encoding,
  output: { readonly live: boolean; write(bytes: Uint8Array, position: number): Promise<void> },
  signal?: AbortSignal,
): Promise<void> {
  const rate = fittingRate(format, sampleRate)
  const writer = await format.open({ ...output, sampleRate: rate, ...(bitrate !== undefined && { bitrate }) })
  try {
    await addAll(writer, resampled(sound, rate).samples, signal)
    await writer.finish()
  } finally {
    await writer.cancel()
  }
}

async function addAll(
  writer: SoundWriter,
  samples: AsyncIterable<Int16Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for await (const piece of samples) {
    signal?.throwIfAborted()
    await writer.add(piece)
  }
  signal?.throwIfAborted()
}
