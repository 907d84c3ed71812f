import { json } from 'node:stream/consumers'
import { readWavHead, WAV_HEADER_BYTES, wavHeader } from '../audio/wav.ts'
import { StoredObjectNotFoundError, WavError } from '../exceptions.ts'
import { captionsKey, partKey } from '../storage/key.ts'
import type { Storage } from '../storage/storage.ts'
import { later, readTimeline, type TimedMark } from './timeline.ts'

type PartStorage = Pick<Storage, 'write' | 'read' | 'stat'>

/**
 * All parts of a speech become the one sound, and their times its times: straight from one file of the storage into
 * another, however long both are. What is in memory of them is one part.
 */
export async function joinParts(
  storage: PartStorage,
  key: string,
  count: number,
  signal?: AbortSignal,
): Promise<void> {
  const parts = Array.from({ length: count }, (_, index) => partKey(key, index))
  const header = await headerOf(storage, parts)
  await storage.write(captionsKey(key), untilAborted(timesOf(storage, parts), signal))
  await storage.write(key, untilAborted(soundOf(storage, parts, header), signal))
}

/** A header says how long the sound is, and it is the first that is written. */
async function headerOf(storage: PartStorage, parts: readonly string[]): Promise<Uint8Array> {
  let bytes = 0
  for (const part of parts) {
    const found = await storage.stat(part)
    if (found === undefined) throw new StoredObjectNotFoundError(`Nothing is stored under ${part}.`)
    bytes += found.size - WAV_HEADER_BYTES
  }
  const [first = ''] = parts
  const start = await (await storage.read(first, { end: WAV_HEADER_BYTES })).toArray()
  const head = readWavHead(Buffer.concat(start))
  if (head === undefined)
    throw new WavError(`${first} is no part of a speech: it has no header of a WAV file.`)
  return wavHeader(head.sampleRate, bytes)
}

async function* soundOf(
  storage: PartStorage,
  parts: readonly string[],
  header: Uint8Array,
): AsyncGenerator<Uint8Array> {
  yield header
  for (const part of parts) yield* await storage.read(part, { start: WAV_HEADER_BYTES })
}

/** The JSON of a `Timeline`, as `joined` would make it of all of them. */
async function* timesOf(storage: PartStorage, parts: readonly string[]): AsyncGenerator<Uint8Array> {
  let [durationMs, separator] = [0, '']
  const marks: TimedMark[] = []
  yield Buffer.from('{"sentences":[')
  for (const part of parts) {
    const timeline = readTimeline(await json(await storage.read(captionsKey(part))))
    const sentences = timeline.sentences.map((sentence) => JSON.stringify(later(sentence, durationMs)))
    if (sentences.length > 0) {
      yield Buffer.from(separator + sentences.join(','))
      separator = ','
    }
    for (const mark of timeline.marks) marks.push({ ...mark, ms: mark.ms + durationMs })
    durationMs += timeline.durationMs
  }
  yield Buffer.from(`],"marks":${JSON.stringify(marks)},"durationMs":${durationMs}}`)
}

export async function* untilAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted()
    yield chunk
    signal?.throwIfAborted()
  }
}
