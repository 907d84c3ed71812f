import type { Readable } from 'node:stream'

/**
 * Keeps finished files under keys such as `kim@example.com/1f0c.wav`.
 * 1. A key is either wholly there or not at all: readers never see half a file, and a process that is killed
 *    while writing leaves the key as it was.
 * 2. What `write` has resolved for survives a power cut.
 * 3. Keys are parts joined by `/`; `speechKey` and `voiceKey` make safe ones out of any text, and a storage
 *    refuses one that could lead out of its root.
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
  /** Where the key is, for people and logs; it need not be reachable from elsewhere. */
  url(key: string): string
  /** Writes, reads and deletes something; rejects StorageError that says what is wrong. */
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
}
