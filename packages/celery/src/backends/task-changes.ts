import { READY_STATES } from '../states.ts'
import type { TaskMeta } from './base.ts'
import type { Subscriber } from './store.ts'

/** A record as it was at one moment: the text, and what it says. */
export interface Snapshot {
  readonly value: string | undefined
  readonly meta: TaskMeta
}

/** A change was noticed, but not what it was: read the record. */
export const UNKNOWN = Symbol('a change of which only the fact is known')

/**
 * The unread news of one watched task. It holds one change at most: a newer one takes the place of an unread one,
 * so that a slow reader costs no memory, but nothing takes the place of a ready state.
 */
export class TaskChanges implements Subscriber {
  readonly #decode: (value: string) => TaskMeta
  #unread: Snapshot | typeof UNKNOWN | undefined
  #failure: { readonly error: unknown } | undefined
  #wake: () => void = () => {}

  constructor(decode: (value: string) => TaskMeta) {
    this.#decode = decode
  }

  changed(value: string | undefined): void {
    if (isReady(this.#unread)) return
    try {
      this.#unread = value === undefined ? UNKNOWN : { value, meta: this.#decode(value) }
    } catch (error) {
      this.#failure = { error }
    }
    this.#wake()
  }

  failed(error: Error): void {
    this.#failure = { error }
    this.#wake()
  }

  /** The unread change, or the next one. */
  async next(): Promise<Snapshot | typeof UNKNOWN> {
    for (;;) {
      const unread = this.#unread
      this.#unread = undefined
      if (unread !== undefined) return unread
      if (this.#failure) throw this.#failure.error
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

function isReady(change: Snapshot | typeof UNKNOWN | undefined): boolean {
  return typeof change === 'object' && READY_STATES.has(change.meta.status)
}
