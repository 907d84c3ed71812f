import type { TaskHead } from '../app/protocol.ts'

/** Messages that are remembered at most; the oldest is forgotten. */
const MOST = 1000

/** How a message that is delivered once more is to be settled, instead of running its task again. */
export type OwedSettlement = 'ack' | 'reject'

type Run = Pick<TaskHead, 'id' | 'retries'>

/**
 * Runs that have ended here, and whose message could not be settled: its delivery tag died with the connection. The
 * broker delivers the message once more; when it comes here it is settled as it should have been.
 */
export class OwedSettlements {
  readonly #owed = new Map<string, OwedSettlement>()
  readonly #onPaid: (() => void)[] = []

  get size(): number {
    return this.#owed.size
  }

  add(run: Run, settlement: OwedSettlement): void {
    this.#owed.set(keyOf(run), settlement)
    const [oldest] = this.#owed.keys()
    if (this.#owed.size > MOST && oldest !== undefined) this.#owed.delete(oldest)
  }

  /** What is owed to a message of this run; from now on nothing more is. */
  take(run: Run): OwedSettlement | undefined {
    const settlement = this.#owed.get(keyOf(run))
    this.#owed.delete(keyOf(run))
    if (this.#owed.size === 0) for (const resolve of this.#onPaid.splice(0)) resolve()
    return settlement
  }

  /** Resolves when nothing is owed. */
  paid(): Promise<void> {
    if (this.#owed.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#onPaid.push(resolve))
  }
}

const keyOf = ({ id, retries }: Run) => `${id} ${retries}`
