import type { Logger } from '../logger.ts'
import { type Clock, systemClock } from '../worker/clock.ts'
import type { State } from './state.ts'

export interface CameraOptions {
  /** Seconds between two snapshots. */
  readonly freq?: number
  /** Seconds between two clean-ups. */
  readonly cleanupFreq?: number
  readonly clock?: Clock
  readonly logger: Logger
}

/**
 * A camera: extend it, and say in `onShutter` what to do with the state of the cluster every `freq` seconds, such as
 * writing it to a database. One snapshot is finished before the next one is taken; the last one is taken on `stop`.
 */
export abstract class Polaroid {
  readonly state: State
  /** Forget, after each snapshot, workers and the tasks that have ended. */
  readonly clearAfter: boolean = false
  readonly #freqMs: number
  readonly #cleanupFreqMs: number
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #disarm = new Map<string, () => void>()
  #capturing: Promise<void> = Promise.resolve()

  constructor(state: State, { freq = 1, cleanupFreq = 3600, clock = systemClock, logger }: CameraOptions) {
    this.state = state
    this.#freqMs = freq * 1000
    this.#cleanupFreqMs = cleanupFreq * 1000
    this.#clock = clock
    this.#logger = logger
  }

  abstract onShutter(state: State): void | Promise<void>

  /** Called every `cleanupFreq` seconds, to remove what is too old wherever snapshots are kept. */
  onCleanup(): void | Promise<void> {}

  /** Begins to take snapshots. Twice is fine. */
  start(): void {
    this.#every('shutter', this.#freqMs, () => this.capture())
    this.#every('cleanup', this.#cleanupFreqMs, () => this.#safely(() => this.onCleanup()))
  }

  /** Takes a snapshot now, after those under way. Never rejects. */
  capture(): Promise<void> {
    this.#capturing = this.#capturing.then(() => this.#capture())
    return this.#capturing
  }

  /** Takes the last snapshot. Twice is fine. */
  async stop(): Promise<void> {
    const wasRunning = this.#disarm.size > 0
    for (const disarm of this.#disarm.values()) disarm()
    this.#disarm.clear()
    if (wasRunning) await this.capture()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #capture(): Promise<void> {
    await this.#safely(() => this.onShutter(this.state))
    if (this.clearAfter) this.state.clear()
  }

  #every(name: string, milliseconds: number, call: () => Promise<void>): void {
    if (this.#disarm.has(name)) return
    const arm = () => this.#disarm.set(name, this.#clock.setTimeout(again, milliseconds))
    const again = async () => {
      this.#disarm.set(name, () => {})
      await call()
      if (this.#disarm.has(name)) arm()
    }
    arm()
  }

  async #safely(call: () => void | Promise<void>): Promise<void> {
    try {
      await call()
    } catch (error) {
      this.#logger.error({ err: error }, 'A snapshot of the cluster failed')
    }
  }
}
