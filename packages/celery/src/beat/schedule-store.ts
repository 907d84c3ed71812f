/**
 * The seam below the scheduler: where the state of a schedule lives, and who may change it. Both are one thing, so
 * that whoever has lost the leadership can no longer write, whatever it still believes. Drivers: `sqlite-store.ts`
 * (one machine), `redis-store.ts`, `amqp-store.ts` (RabbitMQ).
 */
export interface ScheduleStore {
  /** Where it is, for people; without a password. */
  readonly info: string

  /**
   * Resolves when this process leads: at once, or when the one that does has stopped or died. Rejects with the
   * signal's reason when it aborts first, and with what makes the store unusable.
   */
  lead(options: LeadOptions): Promise<Leadership>

  /** Twice is fine. */
  close(): Promise<void>
}

export interface LeadOptions {
  /** Who asks, for the logs of the others. */
  readonly name: string
  readonly signal: AbortSignal
  /** Told once for each other leader that is waited for, by its name where that is known. */
  readonly onStandby: (leader: string | undefined) => void
  /** Told of each failed attempt to reach a server, before the wait (in milliseconds) that follows it. */
  readonly onError?: (error: unknown, waitMs: number) => void
}

/** The state of a schedule: a text under each key. */
export type ScheduleState = ReadonlyMap<string, string>

/** Undefined removes a key. */
export type ScheduleChanges = ReadonlyMap<string, string | undefined>

export interface Leadership {
  /** Aborts when somebody else may lead; its reason says why. */
  readonly lost: AbortSignal

  load(): Promise<ScheduleState>

  /** All changes or none, on disk (or with the server) when it resolves. @throws LeadershipLost, and nothing was written */
  save(changes: ScheduleChanges): Promise<void>

  /** Lets another one lead. Twice is fine. */
  release(): Promise<void>
}
