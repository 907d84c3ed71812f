/** What of a storage is speech: which files belong to which request, and whose they are. */
import type { ListedObject, Storage } from './storage.ts'

/** All that is stored of one request. */
export interface StoredSpeech {
  /** The owner's, with its slash. */
  readonly folder: string
  readonly uuid: string
  /** Not there while it is spoken, or when that failed. */
  readonly sound: ListedObject | undefined
  /** Captions, and the sound in other formats. */
  readonly derived: readonly ListedObject[]
  /** Of a long text, until it is whole. */
  readonly parts: readonly ListedObject[]
}

/** What one owner has in a storage. */
export interface OwnersFiles {
  readonly folder: string
  readonly speeches: readonly StoredSpeech[]
  /** Parts that were spoken once, so that they need not be again. */
  readonly cached: readonly ListedObject[]
  /** Voices, recordings, and what nobody here knows. */
  readonly others: readonly ListedObject[]
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
/** As speechKey, captionsKey, encodingKey, partKey and scriptKey make them; a voice and its recordings never match. */
const SPEECH = new RegExp(`^(${UUID})(?:(\\.wav)|(?:@[0-9a-f-]+)?\\.[a-z0-9]+|(\\.parts)/[^/]+)$`)

const CACHED = /^cache\/[^/]+$/

/** One owner after the other; what is in memory is what one of them has. `prefix` is a folder, or nothing for all. */
export async function* filesByOwner(
  storage: Pick<Storage, 'list'>,
  prefix = '',
): AsyncGenerator<OwnersFiles> {
  let owner: Owner | undefined
  for await (const object of storage.list(prefix)) {
    const folder = object.key.slice(0, object.key.indexOf('/') + 1)
    if (folder !== owner?.folder) {
      if (owner) yield owner.files()
      owner = new Owner(folder)
    }
    owner.add(object)
  }
  if (owner) yield owner.files()
}

class Owner {
  readonly folder: string
  readonly #speeches = new Map<
    string,
    { sound?: ListedObject; derived: ListedObject[]; parts: ListedObject[] }
  >()
  readonly #cached: ListedObject[] = []
  readonly #others: ListedObject[] = []

  constructor(folder: string) {
    this.folder = folder
  }

  add(object: ListedObject): void {
    const name = object.key.slice(this.folder.length)
    const [, uuid, isSound, isPart] = SPEECH.exec(name) ?? []
    if (uuid === undefined || this.folder === '') {
      const isCached = this.folder !== '' && CACHED.test(name)
      ;(isCached ? this.#cached : this.#others).push(object)
      return
    }
    const speech = this.#speeches.get(uuid) ?? { derived: [], parts: [] }
    if (isSound) speech.sound = object
    else if (isPart) speech.parts.push(object)
    else speech.derived.push(object)
    this.#speeches.set(uuid, speech)
  }

  files(): OwnersFiles {
    const { folder } = this
    const speeches = [...this.#speeches].map(([uuid, { sound, derived, parts }]) => ({
      folder,
      uuid,
      sound,
      derived,
      parts,
    }))
    return { folder, speeches, cached: this.#cached, others: this.#others }
  }
}
