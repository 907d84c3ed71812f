import type { Readable } from 'node:stream'

/**
 * Keeps finished files under keys such as `kim@example.com/1f0c.wav`.
 * 1. A key is either wholly there or not at all: readers never see half a file, and a process that is killed
 *    while writing leaves the key as it was.
 * 2. What `write` has resolved for survives a power cut.
 * 3. Keys are parts joined by `/`; `speechKey` and `voiceKey` make safe ones out of any text, and a storage
 *    refuses one that could lead out of its root.
 * 4. Whoever may not use the storage itself can read nothing of it, unless they were given a presigned address.
 */
export interface Storage {
  /** Replaces what was there. When `data` throws, the key stays as it was and the error is passed on. */
  write(key: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>
  /** Only if the key is free. Of several who try at once, one gets `true`; for the others nothing changed. */
  create(key: string, data: Uint8Array): Promise<boolean>
  /** From byte `start` up to but not including `end`. Rejects StoredObjectNotFoundError. */
  read(key: string, range?: ByteRange): Promise<Readable>
  /** `undefined` when nothing is stored under the key. */
  stat(key: string): Promise<StoredObject | undefined>
  /** Deleting what is not there is fine. */
  delete(key: string): Promise<void>
  /**
   * All keys that begin so, those of one folder one after the other. What is written or deleted meanwhile may be among
   * them or not.
   */
  list(prefix?: string): AsyncIterable<ListedObject>
  /** Where the key is, for people and logs; it need not be reachable from elsewhere. */
  url(key: string): string
  /**
   * An address at which anybody can read the key, without asking this service, for so many seconds. Only storages that
   * can be reached from elsewhere have this. The key need not exist.
   */
  presign?(key: string, seconds: number, as?: PresignedAs): Promise<string>
  /**
   * Writes, reads and deletes something, and clears away what killed processes left half written a day ago. Rejects
   * StorageError that says what is wrong.
   */
  check(): Promise<void>
}

export interface ByteRange {
  readonly start?: number
  readonly end?: number
}

export interface StoredObject {
  /** Bytes. */
  readonly size: number
  readonly modifiedAt: Date
  /**
   * Another one when other bytes are written under the key, however soon: clocks are too coarse to tell. Letters,
   * digits and hyphens.
   */
  readonly generation: string
}

export interface ListedObject extends StoredObject {
  readonly key: string
}

/** What whoever follows a presigned address is told about the bytes. */
export interface PresignedAs {
  readonly contentType?: string
  /** Under which a browser saves it. */
  readonly fileName?: string
}
