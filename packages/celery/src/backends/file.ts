import { createHash, randomUUID } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { BackendError, BackendStoreError, ImproperlyConfigured } from '../exceptions.ts'
import { FileChanges } from './file-changes.ts'
import { FolderLock } from './folder-lock.ts'
import { CLAIM_KEYPREFIX, GROUP_KEYPREFIX, TASK_KEYPREFIX } from './keys.ts'
import type { ResolvedBackendOptions } from './options.ts'
import type { KeyValueStore, Replaced, Subscriber, Subscription } from './store.ts'

/** Where results do not expire, something that is to expire can still be told from them. */
const FOR_EVER_SECONDS = 10 * 365 * 86_400

/** Python truncates a file and then writes it; who reads in between waits so long for the rest. */
const UNFINISHED_MS = 1000

const TEMPORARY = '.celery-tmp'

/** What a process left behind that died while it wrote; no write takes so long. */
const ABANDONED_MS = 3_600_000

/**
 * Results as files in a folder, each named by its key, as Python's FilesystemBackend has them. Duties:
 * 1. a file is replaced as a whole: nobody reads half of what is written here;
 * 2. what is replaced is what was seen: one process at a time, by a lock that dies with its process;
 * 3. a file expires a certain time after it was changed, and stays in the folder until `cleanup`.
 */
export class FileStore implements KeyValueStore {
  readonly url: string
  readonly #folder: string
  readonly #expiresSeconds: number
  readonly #keyprefix: string
  readonly #changes: FileChanges
  #lock: FolderLock | undefined
  #isOpen = true

  constructor(url: string, { expiresSeconds, globalKeyprefix }: ResolvedBackendOptions) {
    this.#folder = folderOf(url)
    this.url = `file://${this.#folder}`
    this.#expiresSeconds = expiresSeconds || FOR_EVER_SECONDS
    this.#keyprefix = globalKeyprefix
    this.#changes = new FileChanges(this.#folder)
  }

  async get(key: string): Promise<string | undefined> {
    this.#assertOpen()
    const text = this.#read(key)
    if (text === undefined || isWhole(text)) return text
    return this.#readWhenWhole(key)
  }

  async replace(
    key: string,
    expected: string | undefined,
    value: string,
    ttlSeconds: number,
  ): Promise<Replaced> {
    this.#assertOpen()
    const isWritten = this.#locked(() => {
      if (this.#read(key) !== expected) return false
      this.#write(key, value, ttlSeconds)
      return true
    })
    return isWritten ? { isWritten } : { isWritten, found: await this.get(key) }
  }

  async put(key: string, value: string, ttlSeconds: number): Promise<void> {
    this.#assertOpen()
    this.#locked(() => this.#write(key, value, ttlSeconds))
  }

  async delete(...keys: readonly string[]): Promise<void> {
    this.#assertOpen()
    this.#locked(() => {
      for (const key of keys) rmSync(this.#path(key), { force: true })
    })
  }

  subscribe(key: string, subscriber: Subscriber): Subscription {
    if (!this.#isOpen) return { ready: Promise.reject(this.#closedError()), end() {} }
    return this.#changes.subscribe(fileNameOf(key), subscriber)
  }

  async cleanup(): Promise<number> {
    this.#assertOpen()
    const prefixes = [TASK_KEYPREFIX, GROUP_KEYPREFIX, CLAIM_KEYPREFIX].map((each) => this.#keyprefix + each)
    return this.#locked(() => {
      let removed = 0
      for (const file of readdirSync(this.#folder)) {
        const isOurs = prefixes.some((prefix) => file.startsWith(prefix))
        const limitMs = isOurs
          ? this.#expiresSeconds * 1000
          : isTemporary(file)
            ? ABANDONED_MS
            : Number.POSITIVE_INFINITY
        const path = join(this.#folder, file)
        const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
        if (age < limitMs) continue
        rmSync(path, { force: true })
        removed += 1
      }
      return removed
    })
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#changes.failAll(this.#closedError())
    this.#lock?.close()
  }

  #read(key: string): string | undefined {
    const path = this.#path(key)
    try {
      const age = Date.now() - statSync(path).mtimeMs
      return age < this.#expiresSeconds * 1000 ? readFileSync(path, 'utf8') : undefined
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw new BackendError(`The result in ${path} cannot be read: ${error}`, { cause: error })
    }
  }

  /** A file says only when it was changed; one that is to expire sooner or later than the others says another time. */
  #write(key: string, value: string, ttlSeconds: number): void {
    const file = fileNameOf(key)
    const temporary = join(this.#folder, `.${file}.${randomUUID()}${TEMPORARY}`)
    const changedAt = Date.now() / 1000 + (ttlSeconds || FOR_EVER_SECONDS) - this.#expiresSeconds
    try {
      writeFileSync(temporary, value)
      utimesSync(temporary, changedAt, changedAt)
      renameSync(temporary, join(this.#folder, file))
    } catch (error) {
      rmSync(temporary, { force: true })
      throw error
    }
  }

  #path(key: string): string {
    return join(this.#folder, fileNameOf(key))
  }

  #locked<T>(change: () => T): T {
    try {
      this.#lock ??= this.#openLock()
      return this.#lock.hold(change)
    } catch (cause) {
      throw new BackendStoreError(
        `The results in ${this.#folder} cannot be changed: ${cause}. ` +
          'It must be a folder that this process may write to, with room left on its disk.',
        { cause },
      )
    }
  }

  #openLock(): FolderLock {
    mkdirSync(this.#folder, { recursive: true })
    return new FolderLock(this.#folder)
  }

  /** What is there in the end, where it stays half of something. */
  #readWhenWhole(key: string): Promise<string | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>()
    const look = ({ isLast }: { isLast: boolean }) => {
      try {
        const text = this.#read(key)
        if (isLast || text === undefined || isWhole(text)) resolve(text)
      } catch (error) {
        reject(error)
      }
    }
    const changed = () => look({ isLast: false })
    const subscription = this.#changes.subscribe(fileNameOf(key), { changed, failed: reject })
    const timer = setTimeout(look, UNFINISHED_MS, { isLast: true })
    return promise.finally(() => {
      clearTimeout(timer)
      subscription.end()
    })
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw this.#closedError()
  }

  #closedError(): BackendError {
    return new BackendError(`The result backend ${this.url} is closed; open another one.`)
  }
}

/** As Python reads it: what follows is the path as it is, with nothing escaped. */
function folderOf(url: string): string {
  const path = url.replace(/^file:\/\/(localhost(?=\/))?/i, '')
  if (path !== url && path !== '') return resolve(path)
  throw new ImproperlyConfigured(
    `resultBackend is '${url}'; name the folder for the results, such as file:///var/lib/celery/results.`,
  )
}

/** A key may hold whatever somebody sent as the id of a task; what cannot be the name of a file is replaced. */
function fileNameOf(key: string): string {
  if (/^[^/\\\0]{1,200}$/.test(key)) return key
  const digest = createHash('sha256').update(key).digest('hex')
  return `${key.slice(0, 100).replaceAll(/[^\w.-]/g, '_')}-${digest}`
}

function isTemporary(file: string): boolean {
  return file.startsWith('.') && file.endsWith(TEMPORARY)
}

/** Records are JSON objects; half of one does not end like one. */
function isWhole(text: string): boolean {
  return text.startsWith('{') ? text.endsWith('}') : text !== ''
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
