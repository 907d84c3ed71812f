export interface Request {
  /**
   * `warm`: finish what runs. `cold`: end what runs, after the soft shutdown where one is set. `now`: do not wait for
   * that. `leave`: end this process.
   */
  readonly kind: 'warm' | 'cold' | 'now' | 'leave'
  /** What the next ^C does, where it does more. */
  readonly hint?: string
}

const COLD: readonly Request[] = [
  { kind: 'cold', hint: 'worker: Hitting Ctrl+C again will terminate all running tasks!' },
  { kind: 'now' },
  { kind: 'leave' },
]

const INTERRUPTED = 'worker: Hitting Ctrl+C again will initiate cold shutdown, terminating all running tasks!'

/**
 * What a signal means after those before it: the rules of Celery 5.5 (`celery/apps/worker.py`).
 * 1. SIGTERM, and the first SIGINT, is the warm shutdown; SIGTERM again changes nothing.
 * 2. SIGQUIT is the cold shutdown, and so is a second SIGINT. With `REMAP_SIGTERM=SIGQUIT` SIGTERM is a SIGQUIT.
 * 3. During the cold shutdown SIGINT and SIGQUIT are one: the next one ends the soft wait, the one after it the process.
 */
export class ShutdownSequence {
  readonly #remapsSigterm: boolean
  #hasBegun = false
  #wasInterrupted = false
  #colds = 0

  constructor({ remapsSigterm }: { remapsSigterm: boolean }) {
    this.#remapsSigterm = remapsSigterm
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  get exitCode(): number {
    return this.#wasInterrupted ? 1 : 0
  }

  next(signal: NodeJS.Signals): Request {
    this.#hasBegun = true
    if (this.#isCold(signal)) {
      this.#colds += 1
      return COLD[Math.min(this.#colds, COLD.length) - 1] as Request
    }
    if (signal !== 'SIGINT') return { kind: 'warm' }
    this.#wasInterrupted = true
    return { kind: 'warm', hint: INTERRUPTED }
  }

  #isCold(signal: NodeJS.Signals): boolean {
    if (signal === 'SIGTERM') return this.#remapsSigterm
    return signal === 'SIGQUIT' || this.#wasInterrupted || this.#colds > 0
  }
}
