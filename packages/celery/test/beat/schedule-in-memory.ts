import type { Leadership, ScheduleChanges, ScheduleState } from '../../src/beat/schedule-store.ts'
import { LeadershipLost } from '../../src/exceptions.ts'
import type { Clock } from '../../src/worker/clock.ts'

/** The state of a schedule for a test, which may take the leadership away. */
export class ScheduleInMemory implements Leadership {
  readonly state = new Map<string, string>()
  /** The state after each time that something was kept. */
  readonly history: Map<string, string>[] = []
  readonly #lost = new AbortController()

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  async load(): Promise<ScheduleState> {
    return new Map(this.state)
  }

  async save(changes: ScheduleChanges): Promise<void> {
    this.lost.throwIfAborted()
    for (const [key, value] of changes)
      value === undefined ? this.state.delete(key) : this.state.set(key, value)
    this.history.push(new Map(this.state))
  }

  lose(): void {
    this.#lost.abort(new LeadershipLost('another one leads'))
  }

  async release(): Promise<void> {}
}

/** A clock that stands still until it is set. */
export class SetClock implements Clock {
  #now: number

  constructor(now: string) {
    this.#now = Date.parse(now)
  }

  now(): number {
    return this.#now
  }

  /** Nothing waits for this clock. */
  setTimeout(): () => void {
    return () => {}
  }

  set(time: string): void {
    this.#now = Date.parse(time)
  }

  advance(seconds: number): void {
    this.#now += seconds * 1000
  }
}
