import { randomUUID } from 'node:crypto'
import type { BigIntStats, Dirent } from 'node:fs'
import {
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
} from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { StorageError, StoredObjectNotFoundError } from '../exceptions.ts'
import { checkKey, checkPrefix, checkRange, isKey } from './check-key.ts'
import type { ByteRange, ListedObject, Storage, StoredObject } from './storage.ts'

/** Unfinished files. No part of a key may begin with a dot, so this is nobody's. */
const INCOMING = '.incoming'
/** Longer than any write takes: what is older was left by a process that was killed. */
const ABANDONED_MS = 24 * 60 * 60 * 1000
/** Each failed one means that a folder vanished within a millisecond. */
const MAX_ATTEMPTS = 10
/** Whatever the umask: it can only take away from this. */
const OWNER_ONLY = { file: 0o600, folder: 0o700 }

/**
 * A folder. A file is written into a corner of it, flushed to the disk, and then renamed to its key, which is the
 * one step that readers can see. Files and folders are their owner's alone, so every process of one service runs as
 * the same user.
 */
export class FilesystemStorage implements Storage {
  readonly root: string

  constructor(root: string) {
    this.root = resolve(root)
  }

  async write(key: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#path(key)
    await this.#place(path, data, (incoming) => rename(incoming, path))
  }

  async create(key: string, data: Uint8Array): Promise<boolean> {
    const path = this.#path(key)
    return this.#place(path, data, async (incoming) => {
      try {
        // Unlike a rename, a link fails when the name is taken.
        await link(incoming, path)
        return true
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false
        throw error
      }
    })
  }

  async read(key: string, range: ByteRange = {}): Promise<Readable> {
    const { start, end } = checkRange(key, range)
    const file = await this.#open(key)
    if (start < end) return file.createReadStream({ start, end: end - 1 })
    await file.close()
    return Readable.from([])
  }

  async stat(key: string): Promise<StoredObject | undefined> {
    try {
      const found = await stat(this.#path(key), { bigint: true })
      return found.isFile() ? toStored(found) : undefined
    } catch (error) {
      if (isMissing(error)) return undefined
      throw asStorageError(error)
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.#path(key)
    await remove(path)
    await this.#removeIfEmpty(dirname(path))
  }

  async *list(prefix = ''): AsyncGenerator<ListedObject> {
    checkPrefix(prefix)
    yield* this.#walk(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix)
  }

  url(key: string): string {
    return pathToFileURL(this.#path(key)).href
  }

  async check(): Promise<void> {
    const probe = join(this.root, INCOMING, `probe-${randomUUID()}`)
    const written = Buffer.from(probe)
    await this.#place(probe, written, (incoming) => rename(incoming, probe))
    const read = await readFile(probe)
    await remove(probe)
    if (!read.equals(written)) {
      throw new StorageError(
        `The storage ${this.root} gives back something else than was written. Use another folder.`,
      )
    }
    await this.#removeAbandoned()
  }

  async *#walk(folder: string, prefix: string): AsyncGenerator<ListedObject> {
    for (const entry of await entriesOf(join(this.root, folder))) {
      const key = folder + entry.name
      if (!isKey(key) || !key.startsWith(prefix)) continue
      if (entry.isDirectory()) yield* this.#walk(`${key}/`, '')
      const object = entry.isFile() ? await this.stat(key) : undefined
      if (object !== undefined) yield { key, ...object }
    }
  }

  /** A folder opens as a file does, and fails only when it is read. */
  async #open(key: string): Promise<FileHandle> {
    try {
      const file = await open(this.#path(key))
      if ((await file.stat()).isFile()) return file
      await file.close()
    } catch (error) {
      if (!isMissing(error)) throw asStorageError(error)
    }
    throw new StoredObjectNotFoundError(`Nothing is stored under ${key}.`)
  }

  async #place<T>(
    path: string,
    data: Uint8Array | AsyncIterable<Uint8Array>,
    place: (incoming: string) => Promise<T>,
  ): Promise<T> {
    const incoming = join(this.root, INCOMING, randomUUID())
    try {
      await makeFolder(dirname(incoming))
      await writeFlushed(incoming, data)
      return await inFolder(dirname(path), () => place(incoming))
    } catch (error) {
      throw asStorageError(error)
    } finally {
      await remove(incoming)
    }
  }

  /** A folder that only had what was deleted is nobody's any more. */
  async #removeIfEmpty(folder: string): Promise<void> {
    if (folder === this.root) return
    try {
      await rmdir(folder)
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error))) throw asStorageError(error)
    }
  }

  async #removeAbandoned(): Promise<void> {
    const folder = join(this.root, INCOMING)
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
      if (mtimeMs < Date.now() - ABANDONED_MS) await remove(path)
    }
  }

  #path(key: string): string {
    checkKey(key)
    return join(this.root, key)
  }
}

/** What is written is a new file beside the old one, so two in a row are never the same inode. */
function toStored({ size, mtime, mtimeNs, ino }: BigIntStats): StoredObject {
  return { size: Number(size), modifiedAt: mtime, generation: `${ino}-${mtimeNs}-${size}` }
}

async function writeFlushed(path: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, 'wx', OWNER_ONLY.file)
  await file.writeFile(data)
  await file.sync()
}

/** Puts something into a folder, which somebody who deleted the last file of it may take away at any moment. */
async function inFolder<T>(folder: string, place: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    await makeFolder(folder)
    try {
      const placed = await place()
      await flushFolder(folder)
      return placed
    } catch (error) {
      if (!isMissing(error) || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

/** None where the folder itself is not, any more. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (isMissing(error)) return []
    throw asStorageError(error)
  }
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path)
  } catch (error) {
    if (!isMissing(error)) throw asStorageError(error)
  }
}

/** A new folder survives a power cut only if the folder it is in was flushed too. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: OWNER_ONLY.folder })
  if (first !== undefined) await flushFolder(dirname(first))
}

async function flushFolder(path: string): Promise<void> {
  // Windows can not open a folder, and keeps its names in a journal anyway.
  if (process.platform === 'win32') return
  await using folder = await open(path)
  await folder.sync()
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error))
}

/** What the operating system says already names the file and the reason; anything else is the caller's own. */
function asStorageError(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error
  const remedy = codeOf(error) === 'ENOSPC' ? 'Make room on the disk' : 'Check the folder and its permissions'
  return new StorageError(`The storage failed: ${error.message}. ${remedy}.`, { cause: error })
}
