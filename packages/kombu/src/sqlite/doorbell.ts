import { type FSWatcher, mkdirSync, utimesSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Topics are hashed onto this many files: few enough to keep, enough that strangers seldom wake each other. */
const BUTTONS = 64

/**
 * Wakes the processes that share a database. Beside the file lies a folder with a few empty files, the
 * buttons; ringing a topic touches its button, and everybody's file-system watch (inotify and its kin) sees
 * which one it was. Listeners of the same thread are called directly as well. A ring says "look again", never
 * what there is to see: some are for another topic, and on file systems without notifications none arrive.
 */
export class Doorbell {
  static readonly #open = new Map<string, Doorbell>()

  readonly #folder: string
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #listenersToAll = new Set<() => void>()
  readonly #watcher: FSWatcher | undefined
  #users = 0

  /** The doorbell of a database, one per thread; each call must be met by one `release()`. */
  static of(database: string): Doorbell {
    const doorbell = Doorbell.#open.get(database) ?? new Doorbell(`${database}.doorbell`)
    Doorbell.#open.set(database, doorbell)
    doorbell.#users += 1
    return doorbell
  }

  private constructor(folder: string) {
    this.#folder = folder
    this.#watcher = watchFolder(folder, (button) => this.#hear(button))
  }

  ring(topic: string): void {
    const name = button(topic)
    this.#press(name)
    this.#hear(name)
  }

  /** Calls the listener when one of the topics is rung, and now and then for nothing. */
  listen(topics: readonly string[], listener: () => void): () => void {
    const names = new Set(topics.map(button))
    for (const name of names) {
      const listeners = this.#listeners.get(name) ?? new Set()
      this.#listeners.set(name, listeners.add(listener))
    }
    return () => {
      for (const name of names) this.#listeners.get(name)?.delete(listener)
    }
  }

  listenToAll(listener: () => void): () => void {
    this.#listenersToAll.add(listener)
    return () => this.#listenersToAll.delete(listener)
  }

  release(): void {
    this.#users -= 1
    if (this.#users > 0) return
    this.#watcher?.close()
    for (const [database, doorbell] of Doorbell.#open) {
      if (doorbell === this) Doorbell.#open.delete(database)
    }
  }

  /** Called after a commit, which stands whether the others hear of it at once or only look by themselves. */
  #press(name: string): void {
    try {
      touch(join(this.#folder, name))
    } catch (error) {
      warn(this.#folder, error)
    }
  }

  /** `null`: the platform does not say which button it was. */
  #hear(name: string | null): void {
    const rung = name === null ? [...this.#listeners.values()] : [this.#listeners.get(name) ?? []]
    for (const listeners of rung) for (const listener of [...listeners]) listener()
    for (const listener of [...this.#listenersToAll]) listener()
  }
}

/** FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
function button(topic: string): string {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(topic)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return String(hash % BUTTONS).padStart(2, '0')
}

function touch(file: string): void {
  const now = new Date()
  try {
    utimesSync(file, now, now)
  } catch (error) {
    if (!isMissing(error)) throw error
    writeFileSync(file, '')
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function watchFolder(folder: string, onButton: (name: string | null) => void): FSWatcher | undefined {
  try {
    mkdirSync(folder, { recursive: true })
    const watcher = watch(folder, { persistent: false }, (_event, name) => onButton(name))
    watcher.on('error', (error) => warn(folder, error))
    return watcher
  } catch (error) {
    warn(folder, error)
    return undefined
  }
}

const warned = new Set<string>()

/** Work goes on, only slower: whoever waits looks again after his fallback interval. Said once per folder. */
function warn(folder: string, error: unknown): void {
  if (warned.has(folder)) return
  warned.add(folder)
  const reason = error instanceof Error ? error.message : String(error)
  process.emitWarning(
    `No notifications through ${folder} (${reason}): other processes' messages are noticed with delay. ` +
      'Raise the limit of file watches (fs.inotify.max_user_watches), or put the database on a local disk.',
  )
}
