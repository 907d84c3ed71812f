import type { ReceivedEvent } from '../events/event.ts'

/**
 * Has every worker send events of tasks, those as well that come later or come back. It is asked at its first
 * heartbeat: when it says that it is online, it may not hear yet what it is asked.
 */
export class EventEnabler {
  readonly #enable: (nodeName: string) => void
  readonly #asked = new Set<string>()

  constructor(enable: (nodeName: string) => void) {
    this.#enable = enable
  }

  hear({ type, hostname }: Pick<ReceivedEvent, 'type' | 'hostname'>): void {
    if (type === 'worker-online' || type === 'worker-offline') this.#asked.delete(hostname)
    if (type !== 'worker-heartbeat' || this.#asked.has(hostname)) return
    this.#asked.add(hostname)
    this.#enable(hostname)
  }
}
