import { pcmPieces, resampled, type Sound, wavSound } from '../audio/sound.ts'
import { WAV_HEADER_BYTES } from '../audio/wav.ts'
import { SpeechGoneError, StoredObjectNotFoundError } from '../exceptions.ts'
import { partKey } from '../storage/key.ts'
import type { Storage } from '../storage/storage.ts'
import type { SpeechStatus } from './speech-status.ts'

/**
 * A speech from its first sentence on, in order, while the rest of it is being made. `statuses` tells what becomes of
 * it: what is true now, then every change, until it has ended. Resolves when something can be heard.
 * @throws SpeechGoneError when it ends without a sound, also in the middle
 */
export async function followSpeech(
  statuses: AsyncIterable<SpeechStatus>,
  storage: Pick<Storage, 'read' | 'stat'>,
): Promise<Sound> {
  const parts = new HeardParts(statuses, storage).parts()
  const first = await parts.next()
  if (first.done) throw new SpeechGoneError('The speech ended before its first sentence.')
  return { sampleRate: first.value.sampleRate, samples: oneAfterTheOther(first.value, parts) }
}

async function* oneAfterTheOther(first: Sound, others: AsyncGenerator<Sound>): AsyncGenerator<Int16Array> {
  try {
    yield* first.samples
    // When its engine was lost, another one begins the text anew, and may have another rate.
    for await (const other of others) yield* resampled(other, first.sampleRate).samples
  } finally {
    await others.return(undefined)
  }
}

/** Somebody who listens part by part, and goes on in the whole file from where they are when it is there. */
class HeardParts {
  readonly #statuses: AsyncIterable<SpeechStatus>
  readonly #storage: Pick<Storage, 'read' | 'stat'>
  #heardSeconds = 0
  #next = 0

  constructor(statuses: AsyncIterable<SpeechStatus>, storage: Pick<Storage, 'read' | 'stat'>) {
    this.#statuses = statuses
    this.#storage = storage
  }

  async *parts(): AsyncGenerator<Sound> {
    for await (const status of this.#statuses) {
      if (status.key !== undefined) {
        yield await this.#rest(status.key)
        return
      }
      if (status.error !== undefined && status.state !== 'RETRY') throw goneBecause(status)
      if (status.spokenKey !== undefined) yield* this.#spoken(status.spokenKey)
    }
  }

  /** All that is there of what comes next. */
  async *#spoken(key: string): AsyncGenerator<Sound> {
    for (;;) {
      const part = await this.#part(partKey(key, this.#next))
      if (part === undefined) return
      this.#next += 1
      yield { sampleRate: part.sampleRate, samples: this.#counted(part) }
    }
  }

  /** A part that is not there is not spoken yet, or already in the whole: the next status tells. */
  async #part(key: string): Promise<Sound | undefined> {
    try {
      return await wavSound(await this.#storage.read(key))
    } catch (error) {
      if (error instanceof StoredObjectNotFoundError) return undefined
      throw error
    }
  }

  async #rest(key: string): Promise<Sound> {
    const { sampleRate } = await wavSound(await this.#storage.read(key, { end: WAV_HEADER_BYTES }))
    const heard = Math.round(this.#heardSeconds * sampleRate)
    const rest = await this.#storage.read(key, { start: WAV_HEADER_BYTES + 2 * heard })
    return { sampleRate, samples: pcmPieces(rest, sampleRate) }
  }

  async *#counted({ samples, sampleRate }: Sound): AsyncGenerator<Int16Array> {
    for await (const piece of samples) {
      this.#heardSeconds += piece.length / sampleRate
      yield piece
    }
  }
}

export function goneBecause({ uuid, state, error }: SpeechStatus): SpeechGoneError {
  const why = error ? ` (${error.title}: ${error.detail})` : ''
  return new SpeechGoneError(`The speech ${uuid} ended as ${state}${why}; ask for it under a new uuid.`)
}
