/** Whether and how a worker makes itself known to monitors and to the other workers: Celery's options, resolved. */
export interface Presence {
  readonly sendsTaskEvents: boolean
  readonly hasHeartbeat: boolean
  /** Seconds between two heartbeats. */
  readonly heartbeatInterval: number
  readonly mingles: boolean
  readonly gossips: boolean
}

export interface PresenceOptions {
  /** Send events of tasks from the start (`-E`); `workerSendTaskEvents` unless given. */
  readonly taskEvents?: boolean
  readonly withoutHeartbeat?: boolean
  /** Seconds between two heartbeats; 2 unless given. */
  readonly heartbeatInterval?: number
  /** Do not ask other workers at start what was revoked. */
  readonly withoutMingle?: boolean
  /** Do not heed what other workers say of themselves. */
  readonly withoutGossip?: boolean
}

/** As in Celery. A worker counts as gone after twice its own interval. */
const HEARTBEAT_INTERVAL = 2

export function presenceOf(options: PresenceOptions, workerSendTaskEvents: boolean): Presence {
  const { heartbeatInterval = HEARTBEAT_INTERVAL } = options
  if (!(heartbeatInterval > 0))
    throw new RangeError(`heartbeatInterval is ${heartbeatInterval}; it must be more than 0 seconds.`)
  return {
    sendsTaskEvents: options.taskEvents ?? workerSendTaskEvents,
    hasHeartbeat: !(options.withoutHeartbeat ?? false),
    heartbeatInterval,
    mingles: !(options.withoutMingle ?? false),
    gossips: !(options.withoutGossip ?? false),
  }
}
