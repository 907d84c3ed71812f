import type { ReceivedEvent } from './event.ts'

/** A worker counts as alive for so many of its own intervals after its last heartbeat, in per cent. */
const EXPIRE_WINDOW = 200

/** Seconds between heartbeats of a worker that has not said. */
const DEFAULT_FREQ = 60

const HEARTBEATS_KEPT = 4

/** Seconds by which its timestamps may be off before its clock is suspected. */
const LARGEST_DRIFT = 16

/** A worker as its events tell of it. The fields are Celery's. */
export class Worker {
  readonly hostname: string
  pid: number | undefined
  /** Seconds between heartbeats. */
  freq = DEFAULT_FREQ
  clock = 0
  /** Tasks that run there. */
  active: number | undefined
  /** Tasks that have begun there. */
  processed: number | undefined
  loadavg: readonly number[] | undefined
  swIdent: string | undefined
  swVer: string | undefined
  swSys: string | undefined
  /** When it was heard, in seconds since the epoch, oldest first. */
  readonly heartbeats: number[] = []
  /** Seconds its clock is off, when that is too much. */
  drift: number | undefined
  readonly #now: () => number

  /** @param now seconds since the epoch */
  constructor(hostname: string, now: () => number) {
    this.hostname = hostname
    this.#now = now
  }

  get heartbeatExpires(): number {
    const last = this.heartbeats.at(-1)
    return last === undefined ? Number.NEGATIVE_INFINITY : last + this.freq * (EXPIRE_WINDOW / 100)
  }

  get alive(): boolean {
    return this.#now() < this.heartbeatExpires
  }

  get id(): string {
    return `${this.hostname}.${this.pid}`
  }

  /** An event of its own: `worker-*`. */
  tell(event: ReceivedEvent): void {
    const { pid, clock, freq, active, processed, loadavg } = event as Partial<Worker>
    const { sw_ident: swIdent, sw_ver: swVer, sw_sys: swSys } = event
    const said = { pid, clock, freq, active, processed, loadavg, swIdent, swVer, swSys }
    Object.assign(this, Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)))
    if (event.type === 'worker-offline') this.heartbeats.length = 0
    else this.heard(event)
  }

  /** It lives: it has said something, be it of a task. */
  heard({ local_received: time, timestamp }: ReceivedEvent): void {
    const drift = Math.abs(Math.trunc(time) - Math.trunc(timestamp))
    this.drift = drift > LARGEST_DRIFT ? drift : undefined
    if (this.heartbeats.length >= HEARTBEATS_KEPT) this.heartbeats.shift()
    this.heartbeats.push(time)
    this.heartbeats.sort((a, b) => a - b)
  }
}
