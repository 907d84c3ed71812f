/**
 * Events: what workers and clients say about themselves and their tasks, to whoever monitors them. The fields are
 * Celery's and on the wire as they are here (https://docs.celeryq.dev/en/stable/userguide/monitoring.html#event-reference).
 */
import { Exchange } from '@voice-pocket/kombu'

export type EventFields = Readonly<Record<string, unknown>>

/** One event as it is on the wire. */
export interface Event {
  /** `task-received`, `worker-heartbeat` … */
  readonly type: string
  /** Node name of who says it. */
  readonly hostname: string
  /** Seconds since the epoch. */
  readonly timestamp: number
  /** Whole hours west of UTC, where it was sent. */
  readonly utcoffset: number
  readonly pid: number
  /** Lamport clock. */
  readonly clock: number
  readonly [field: string]: unknown
}

/** An event that was heard. */
export interface ReceivedEvent extends Event {
  /** Seconds since the epoch, by the clock of who heard it. */
  readonly local_received: number
}

/** Brokers that cannot match topics get every event to everybody; of ours that is Redis, as in Celery. */
const FANOUT_DRIVERS = new Set(['redis'])

/** The exchange events go to. */
export function eventExchange(name: string, driverType: string): Exchange {
  return new Exchange(name, { type: FANOUT_DRIVERS.has(driverType) ? 'fanout' : 'topic', deliveryMode: 1 })
}

/** `task-sent` → `task`. */
export function groupFrom(type: string): string {
  return type.split('-', 1)[0] as string
}

/** `worker-heartbeat` → `worker.heartbeat`, the routing key. */
export function routingKeyOf(type: string): string {
  return type.replaceAll('-', '.')
}

/**
 * Whole hours west of UTC, as Python counts them. A Python receiver shifts timestamps by the difference to its own,
 * although they are epoch seconds: where both are in one zone, telling it the zone keeps them right.
 */
export function utcOffset(now = new Date()): number {
  return Math.floor(now.getTimezoneOffset() / 60)
}
