import { type FSWatcher, watch } from 'node:fs'
import type { Subscriber, Subscription } from './store.ts'
import { Subscribers } from './subscribers.ts'

/** How often is looked where the file system tells nothing, such as a network folder that others write to. */
const FALLBACK_MS = 5000

/** Tells subscribers that a file of the folder has changed, by the file system's own notifications. */
export class FileChanges {
  readonly #folder: string
  readonly #subscribers = new Subscribers()
  #watcher: FSWatcher | undefined
  #fallback: NodeJS.Timeout | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  /** It listens from this call on. */
  subscribe(file: string, subscriber: Subscriber): Subscription {
    const forget = this.#subscribers.add(file, subscriber)
    this.#listen()
    const end = () => {
      forget()
      this.#listenNoMore()
    }
    return { ready: Promise.resolve(), end }
  }

  failAll(error: Error): void {
    this.#subscribers.failAll(error)
    this.#listenNoMore()
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
    if (file === null) this.#subscribers.tellAll()
    else this.#subscribers.tell(file, undefined)
  }

  /** Unless somebody is left who wants to hear of it. */
  #listenNoMore(): void {
    if (this.#subscribers.keys.length > 0) return
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
