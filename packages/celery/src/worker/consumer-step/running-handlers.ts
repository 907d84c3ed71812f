import { MessageTimeLimitExceeded } from '../../exceptions.ts'

/** Why a handler was not waited for, or never begun: the worker ends, or its connection is gone. */
export class GivenUp extends Error {
  override name = 'GivenUp'
}

const TAKES_NO_MORE = 'the worker takes no more'

/**
 * Handlers at work, side by side up to a number of them.
 * 1. Who finds no place waits for one, in the order of arrival.
 * 2. A handler that is told to give up, by its time limit or by `giveUp`, is not waited for: its signal aborts and
 *    its place is free, whether it listens or not. What it does later is nobody's business.
 * 3. `quiet` sends away those that wait, and who comes later.
 */
export class RunningHandlers {
  readonly #limit: number
  readonly #timeLimit: number
  readonly #running = new Set<AbortController>()
  readonly #waiting = new Set<PromiseWithResolvers<void>>()
  #taken = 0
  #isQuiet = false

  /** @param timeLimit in seconds; 0 means none */
  constructor(limit: number, timeLimit: number) {
    this.#limit = limit
    this.#timeLimit = timeLimit
  }

  /** Rejects GivenUp, MessageTimeLimitExceeded, or with what the work rejects with. */
  async run<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    await this.#takePlace()
    try {
      if (this.#isQuiet) throw new GivenUp(TAKES_NO_MORE)
      return await this.#begin(work)
    } finally {
      this.#leavePlace()
    }
  }

  quiet(): void {
    this.#isQuiet = true
    for (const waiting of this.#waiting) waiting.reject(new GivenUp(TAKES_NO_MORE))
    this.#waiting.clear()
  }

  giveUp(why: string): void {
    this.quiet()
    for (const controller of this.#running) controller.abort(new GivenUp(why))
  }

  async #begin<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const controller = new AbortController()
    const expire = () => controller.abort(new MessageTimeLimitExceeded(this.#timeLimit))
    const timer = this.#timeLimit > 0 ? setTimeout(expire, this.#timeLimit * 1000) : undefined
    this.#running.add(controller)
    try {
      return await Promise.race([aborted(controller.signal), work(controller.signal)])
    } finally {
      clearTimeout(timer)
      this.#running.delete(controller)
    }
  }

  async #takePlace(): Promise<void> {
    if (this.#isQuiet) throw new GivenUp(TAKES_NO_MORE)
    if (this.#taken < this.#limit) {
      this.#taken += 1
      return
    }
    const waiting = Promise.withResolvers<void>()
    this.#waiting.add(waiting)
    await waiting.promise
  }

  /** Whoever waits longest has it from now on. */
  #leavePlace(): void {
    const [first] = this.#waiting
    if (first === undefined) this.#taken -= 1
    else {
      this.#waiting.delete(first)
      first.resolve()
    }
  }
}

/** Never resolves; rejects with the signal's reason. */
function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}
