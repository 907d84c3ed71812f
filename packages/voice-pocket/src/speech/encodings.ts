import { encodeFile } from '../audio/encode.ts'
import { fittingRate } from '../audio/formats/format.ts'
import { audioFormat, type FormatName } from '../audio/formats/index.ts'
import { wavSound } from '../audio/sound.ts'
import { StoredObjectNotFoundError } from '../exceptions.ts'
import { encodingKey } from '../storage/key.ts'
import type { Storage, StoredObject } from '../storage/storage.ts'

/**
 * In Hz. Whoever may hear a sound can have it kept once more at each of these: there must be few of them, or one sound
 * could fill a disk.
 */
const RATES = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]

/** The next rate above that sounds are kept at. */
export function keptRate(wanted: number): number {
  return fittingRate({ sampleRates: RATES }, wanted)
}

/** What somebody wants a sound as. */
export interface WantedEncoding {
  readonly format: FormatName
  /** In Hz; the sound's own when not given. */
  readonly sampleRate?: number
}

export interface EncodedSound extends StoredObject {
  readonly key: string
  readonly contentType: string
  readonly extension: string
}

/**
 * Stored sounds in other formats. The WAV file is the truth; what is made of it is made when somebody asks for it the
 * first time, and kept beside it under the generation of the sound: one that is written anew has others. Several who ask
 * at once wait for the same one.
 */
export class Encodings {
  readonly #storage: Pick<Storage, 'stat' | 'read' | 'write'>
  readonly #making = new Map<string, Promise<void>>()

  constructor(storage: Pick<Storage, 'stat' | 'read' | 'write'>) {
    this.#storage = storage
  }

  /** `undefined` when the sound itself is not there. Rejects StoredObjectNotFoundError when it changes meanwhile. */
  async find(sound: string, wanted: WantedEncoding): Promise<EncodedSound | undefined> {
    const original = await this.#storage.stat(sound)
    if (original === undefined) return undefined
    const { generation } = original
    const format = await audioFormat(wanted.format)
    const { contentType, extension } = format
    if (wanted.format === 'wav' && wanted.sampleRate === undefined) {
      return { ...original, key: sound, contentType, extension }
    }
    const rate = wanted.sampleRate !== undefined && {
      sampleRate: fittingRate(format, keptRate(wanted.sampleRate)),
    }
    const key = encodingKey(sound, { generation, extension, ...rate })
    const known = await this.#storage.stat(key)
    if (known === undefined) await this.#make({ sound, generation, key, wanted: { ...wanted, ...rate } })
    const made = known ?? (await this.#storage.stat(key))
    if (made === undefined) throw changed(key)
    return { ...made, key, contentType, extension }
  }

  #make(making: Making): Promise<void> {
    const { key } = making
    const made = this.#making.get(key) ?? this.#encode(making)
    this.#making.set(key, made)
    return made.finally(() => this.#making.delete(key))
  }

  async #encode({ sound, generation, key, wanted: { format: name, sampleRate } }: Making): Promise<void> {
    const format = await audioFormat(name)
    const source = await this.#storage.read(sound)
    try {
      await using spool = await encodeFile(await wavSound(source), {
        format,
        ...(sampleRate !== undefined && { sampleRate }),
      })
      // Of the generation after it, an encoding must not go by this one's name.
      if ((await this.#storage.stat(sound))?.generation !== generation) throw changed(sound)
      await this.#storage.write(key, spool.read())
    } finally {
      source.destroy() // what failed before it was read lets go of the file
    }
  }
}

interface Making {
  readonly sound: string
  readonly generation: string
  readonly key: string
  readonly wanted: WantedEncoding
}

function changed(key: string): StoredObjectNotFoundError {
  return new StoredObjectNotFoundError(`${key} was deleted or written anew just now; ask again.`)
}
