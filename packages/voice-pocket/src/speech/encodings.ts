import { encodeFile } from '../audio/encode.ts'
import { audioFormat, type FormatName } from '../audio/formats/index.ts'
import { wavSound } from '../audio/sound.ts'
import { StoredObjectNotFoundError } from '../exceptions.ts'
import { encodingKey } from '../storage/key.ts'
import type { Storage, StoredObject } from '../storage/storage.ts'

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
 * first time, and kept beside it. Several who ask at once wait for the same one.
 */
export class Encodings {
  readonly #storage: Pick<Storage, 'stat' | 'read' | 'write'>
  readonly #making = new Map<string, Promise<void>>()

  constructor(storage: Pick<Storage, 'stat' | 'read' | 'write'>) {
    this.#storage = storage
  }

  /** `undefined` when the sound itself is not there. */
  async find(sound: string, { format: name, sampleRate }: WantedEncoding): Promise<EncodedSound | undefined> {
    const original = await this.#storage.stat(sound)
    if (original === undefined) return undefined
    const { contentType, extension } = await audioFormat(name)
    if (name === 'wav' && sampleRate === undefined) return { ...original, key: sound, contentType, extension }
    const key = encodingKey(sound, extension, sampleRate)
    const known = await this.#storage.stat(key)
    // Older than the sound: it was made of another one.
    if (known === undefined || known.modifiedAt < original.modifiedAt) {
      await this.#make(sound, key, { format: name, ...(sampleRate !== undefined && { sampleRate }) })
    }
    const made = await this.#storage.stat(key)
    if (made === undefined) throw new StoredObjectNotFoundError(`${key} was deleted just now; ask again.`)
    return { ...made, key, contentType, extension }
  }

  #make(sound: string, key: string, wanted: WantedEncoding): Promise<void> {
    const making = this.#making.get(key) ?? this.#encode(sound, key, wanted)
    this.#making.set(key, making)
    return making.finally(() => this.#making.delete(key))
  }

  async #encode(sound: string, key: string, { format: name, sampleRate }: WantedEncoding): Promise<void> {
    const format = await audioFormat(name)
    const original = await wavSound(await this.#storage.read(sound))
    await using spool = await encodeFile(original, {
      format,
      ...(sampleRate !== undefined && { sampleRate }),
    })
    await this.#storage.write(key, spool.read())
  }
}
