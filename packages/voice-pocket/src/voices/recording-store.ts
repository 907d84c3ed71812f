import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { readWav } from '../audio/wav.ts'
import { RecordingError } from '../exceptions.ts'
import { originalKey, recordingKey } from '../storage/key.ts'
import type { Storage } from '../storage/storage.ts'
import type { StoredRecording } from './enrolled-voice.ts'
import type { ExaminedRecording } from './examine.ts'
import type { Examiner } from './examiner.ts'

/** A file that somebody sent, on the disk of this machine for as long as it is looked at. */
export interface SentRecording {
  readonly path: string
  /** As whoever sent it calls it: only for people. */
  readonly label: string
}

/** Good, and not stored yet. */
export interface AcceptedRecording {
  readonly sent: SentRecording
  readonly stored: StoredRecording
  readonly examined: ExaminedRecording
}

/** The recordings of people's voices in the storage: mono WAV, 24 kHz, 16 bits, below the folder of their owner. */
export class RecordingStore {
  readonly #storage: Pick<Storage, 'write' | 'read' | 'delete'>
  readonly #examiner: Pick<Examiner, 'examine'>

  constructor(storage: Pick<Storage, 'write' | 'read' | 'delete'>, examiner: Pick<Examiner, 'examine'>) {
    this.#storage = storage
    this.#examiner = examiner
  }

  /** Looks at it, and writes nothing. Rejects RecordingError, which names the recording. */
  async examine(sent: SentRecording): Promise<AcceptedRecording> {
    try {
      const examined = await this.#examiner.examine(sent.path)
      const stored = {
        id: randomUUID(),
        seconds: examined.quality.seconds,
        codec: examined.codec,
        bytes: (await stat(sent.path)).size,
        sha256: await hashOf(createReadStream(sent.path)),
        storedSha256: await hashOf([examined.wav]),
      }
      return { sent, stored, examined }
    } catch (cause) {
      if (!(cause instanceof RecordingError)) throw cause
      throw new RecordingError(cause.fault, `${sent.label}: ${cause.message}`, { cause })
    }
  }

  async write(email: string, { sent, stored, examined }: AcceptedRecording, keepOriginal: boolean) {
    await this.#storage.write(recordingKey(email, stored.id), examined.wav)
    if (keepOriginal) await this.#storage.write(originalKey(email, stored.id), createReadStream(sent.path))
  }

  /** Also what was never written; deleting twice is fine. */
  async delete(email: string, { id }: Pick<StoredRecording, 'id'>): Promise<void> {
    await this.#storage.delete(recordingKey(email, id))
    await this.#storage.delete(originalKey(email, id))
  }

  /** Rejects StoredObjectNotFoundError. */
  async read(email: string, { id }: Pick<StoredRecording, 'id'>) {
    return readWav(await buffer(await this.#storage.read(recordingKey(email, id))))
  }
}

async function hashOf(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}
