import { Linger } from './linger.ts'

type Outcome = Error | undefined

interface Waiting<Item> {
  readonly item: Item
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Collects what is asked for while the previous commit runs, or within one turn of the event loop (or a little longer,
 * where nobody waits for it), and commits it together: a store that pays for each commit pays once. Commits never
 * overlap, so order is kept.
 */
export class GroupCommit<Item> {
  /** May answer with one outcome per item; what it throws is everybody's. */
  readonly #commit: (items: readonly Item[]) => Promise<readonly Outcome[] | undefined>
  readonly #linger: Linger
  #waiting: Waiting<Item>[] = []
  #running: Promise<void> | undefined
  /** Commits keep order: when the last one is through, all are. */
  #last: Promise<void> | undefined

  /** @param lingerMs how long the first one waits for company, unless there is `hurry` */
  constructor(commit: (items: readonly Item[]) => Promise<readonly Outcome[] | undefined>, lingerMs = 0) {
    this.#commit = commit
    this.#linger = new Linger(lingerMs)
  }

  /** Resolves when the item is committed. */
  add(item: Item): Promise<void> {
    this.#last = new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#running ??= this.#run()
    })
    return this.#last
  }

  /** Somebody waits for what was added: it is committed at the end of this turn. */
  hurry(): void {
    if (this.#waiting.length > 0) this.#linger.hurry()
  }

  /** Resolves when everything added so far was committed or failed; what is added meanwhile is not waited for. */
  async idle(): Promise<void> {
    this.hurry()
    // Whoever added it hears of a failure.
    await this.#last?.catch(() => undefined)
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#linger.wait()
      const batch = this.#waiting
      this.#waiting = []
      await this.#commitBatch(batch)
    }
    this.#running = undefined
  }

  async #commitBatch(batch: readonly Waiting<Item>[]): Promise<void> {
    try {
      const outcomes = await this.#commit(batch.map(({ item }) => item))
      for (const [index, waiting] of batch.entries()) {
        const error = outcomes?.[index]
        if (error) waiting.reject(error)
        else waiting.resolve()
      }
    } catch (error) {
      for (const waiting of batch) waiting.reject(error)
    }
  }
}
