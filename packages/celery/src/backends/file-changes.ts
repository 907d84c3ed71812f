import { type FSWatcher, watch } from 'node:fs'
import type { Subscriber, Subscription } from './store.ts'

/** How often is looked where the file system tells nothing, such as a network folder that others write to. */
const FALLBACK_MS = 5000

/** Tells subscribers that a file of the folder has changed, by the file system's own notifications. */
export class FileChanges {
  readonly #folder: string
  readonly #subscribers = new Map<string, Set<Subscriber>>()
  #watcher: FSWatcher | undefined
  #fallback: NodeJS.Timeout | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  /** It listens from this call on. */
  subscribe(file: string, subscriber: Subscriber): Subscription {
    const subscribers = this.#subscribers.get(file) ?? new Set()
    this.#subscribers.set(file, subscribers.add(subscriber))
    this.#listen()
    return { ready: Promise.resolve(), end: () => this.#end(file, subscriber) }
  }

  failAll(error: Error): void {
    for (const [file, subscribers] of [...this.#subscribers]) {
      for (const subscriber of [...subscribers]) {
        this.#end(file, subscriber)
        subscriber.failed(error)
      }
    }
  }

  #listen(): void {
    if (this.#fallback !== undefined) return
    this.#fallback = setInterval(() => this.#hear(null), FALLBACK_MS)
    try {
      this.#watcher = watch(this.#folder, (_event, file) => this.#hear(file))
      this.#watcher.on('error', (error) => this.#warn(error))
    } catch (error) {
      this.#warn(error)
    }
  }

  /** `null`: it may be any file. */
  #hear(file: string | null): void {
    const concerned = file === null ? [...this.#subscribers.values()] : [this.#subscribers.get(file) ?? []]
    for (const subscribers of concerned) {
      for (const subscriber of [...subscribers]) subscriber.changed(undefined)
    }
  }

  #end(file: string, subscriber: Subscriber): void {
    const subscribers = this.#subscribers.get(file)
    subscribers?.delete(subscriber)
    if (subscribers?.size === 0) this.#subscribers.delete(file)
    if (this.#subscribers.size > 0) return
    clearInterval(this.#fallback)
    this.#watcher?.close()
    this.#fallback = this.#watcher = undefined
  }

  #warn(error: unknown): void {
    process.emitWarning(
      `No notifications from ${this.#folder} (${String(error)}): results are noticed with a delay of up to ` +
        `${FALLBACK_MS / 1000} seconds. Raise the limit of file watches (fs.inotify.max_user_watches).`,
    )
  }
}
