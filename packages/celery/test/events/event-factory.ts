import type { ReceivedEvent } from '../../src/events/event.ts'

/** Makes events as they would be heard, each a second and a tick of the clock after the one before. */
export class EventFactory {
  time = 1_000
  clock = 0
  readonly hostname: string

  constructor(hostname = 'w1@host') {
    this.hostname = hostname
  }

  make(type: string, fields: Readonly<Record<string, unknown>> = {}): ReceivedEvent {
    this.time += 1
    this.clock += 1
    const { hostname, time: timestamp, clock } = this
    return { hostname, utcoffset: 0, pid: 7, clock, timestamp, local_received: timestamp, type, ...fields }
  }
}
