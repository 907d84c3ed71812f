import type { TestContext } from 'node:test'
import type { ReceiverOptions } from '../../src/app/events.ts'
import type { ReceivedEvent } from '../../src/events/event.ts'
import type { Celery } from '../../src/index.ts'
import { within } from '../within.ts'

/** Hears events, and gives them one after the other. */
export class Ear {
  readonly events: ReceivedEvent[] = []
  readonly errors: unknown[] = []
  #tell = () => {}

  static async on(t: TestContext, app: Celery, options: Partial<ReceiverOptions> = {}): Promise<Ear> {
    const ear = new Ear()
    const receiver = app.events.receiver({
      onEvent: (event) => ear.#add(ear.events, event),
      onError: (error) => ear.#add(ear.errors, error),
      ...options,
    })
    const running = receiver.run()
    t.after(async () => {
      await receiver.stop()
      await running
    })
    await receiver.ready
    return ear
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#tell = resolve
      await within(promise, () => `it was not heard; what was: ${JSON.stringify(this.events)}`)
    }
  }

  #add<Item>(list: Item[], item: Item): void {
    list.push(item)
    this.#tell()
  }
}
