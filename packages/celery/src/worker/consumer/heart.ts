import { loadavg, type } from 'node:os'
import { StartStopStep } from '../../bootsteps.ts'
import { version } from '../../version.ts'
import type { Consumer } from './consumer.ts'
import { Events } from './events.ts'

/** What runs here, as `worker-*` events and monitors show it. */
const SOFTWARE = { sw_ident: 'ts-celery', sw_ver: version, sw_sys: type() } as const

/** Tells monitors and other workers that this one is there: `worker-online`, `worker-heartbeat`, `worker-offline`. */
export class Heart extends StartStopStep<Consumer> {
  static override readonly requires = [Events]
  #timer: NodeJS.Timeout | undefined

  override includeIf(parent: Consumer): boolean {
    return parent.parts.presence.hasHeartbeat
  }

  override start(parent: Consumer): void {
    beat(parent, 'worker-online')
    this.#timer = setInterval(() => beat(parent), parent.parts.presence.heartbeatInterval * 1000)
    this.#timer.unref()
  }

  override stop(parent: Consumer): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    beat(parent, 'worker-offline')
  }
}

/** One heartbeat now, such as a monitor asks for when it starts. */
export function beat(consumer: Consumer, type = 'worker-heartbeat'): void {
  const { parts, state, app, hostname } = consumer
  const counts = [...state.totalCount.values()]
  parts.events.send(type, {
    freq: parts.presence.heartbeatInterval,
    active: state.active.size,
    processed: counts.reduce((sum, count) => sum + count, 0),
    loadavg: loadavg().map((load) => Math.ceil(load * 100) / 100),
    ...SOFTWARE,
  })
  void app.signals.heartbeatSent.send({ worker: consumer }, parts.logger, hostname)
}
