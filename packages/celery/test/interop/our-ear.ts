import type { State } from '../../src/events/state.ts'
import { type Celery, type EventReceiver, Polaroid, type ReceivedEvent } from '../../src/index.ts'
import { RecordingLogger } from '../recording-logger.ts'
import { within } from '../within.ts'
import type { Heard } from './python-ear.ts'

/** Our camera, with the pictures of `hear_events.py`. */
class Camera extends Polaroid {
  picture: Heard['snapshot'] = {}

  override onShutter({ tasks }: State): void {
    this.picture = Object.fromEntries(
      [...tasks].map(([uuid, { name, state, worker }]) => [
        uuid,
        [name ?? null, state, worker?.hostname ?? null],
      ]),
    )
  }
}

/** What we hear, from before there is anything to hear, until a worker leaves. */
export class OurEar {
  readonly camera: Camera
  readonly #receiver: EventReceiver
  readonly #running: Promise<void>
  readonly #left = new Map<string, PromiseWithResolvers<void>>()

  constructor(app: Celery) {
    const state = app.events.state()
    this.camera = new Camera(state, { logger: new RecordingLogger() })
    const onEvent = (event: ReceivedEvent) => {
      state.event(event)
      if (event.type === 'worker-offline') this.#leaving(event.hostname).resolve()
    }
    this.#receiver = app.events.receiver({ onEvent })
    this.#running = this.#receiver.run()
  }

  ready(): Promise<void> {
    return this.#receiver.ready
  }

  /** Resolves when a worker left. */
  left(hostname: string): Promise<void> {
    return within(this.#leaving(hostname).promise, () => `we did not hear that ${hostname} left`)
  }

  async end(): Promise<void> {
    await this.#receiver.stop()
    await this.#running
  }

  #leaving(hostname: string): PromiseWithResolvers<void> {
    const leaving = this.#left.get(hostname) ?? Promise.withResolvers<void>()
    this.#left.set(hostname, leaving)
    return leaving
  }
}
