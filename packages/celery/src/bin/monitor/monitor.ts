import type { Celery } from '../../app/celery.ts'
import { type Clock, systemClock } from '../../worker/clock.ts'
import { Keys } from './keys.ts'
import { Model } from './model.ts'
import { lastOffset } from './page-view.ts'
import type { Terminal } from './terminal.ts'
import { draw, tasksOn } from './view.ts'

/** However much happens, the screen is not drawn more often than this. */
const FRAME_MS = 50
/** Workers that fall silent show it without an event. */
const IDLE_MS = 1000

/** The live screen of `celery events`: hears events, and draws what they make of the cluster until somebody quits. */
export class Monitor {
  readonly #app: Celery
  readonly #terminal: Terminal
  readonly #clock: Clock
  readonly #model: Model
  readonly #quitting = new AbortController()
  #disarm: (() => void) | undefined
  #isDue = false

  constructor(app: Celery, terminal: Terminal, clock: Clock = systemClock) {
    this.#app = app
    this.#terminal = terminal
    this.#clock = clock
    this.#model = new Model(app.events.state())
  }

  quit(): void {
    this.#quitting.abort()
  }

  /** Resolves when somebody quits; the terminal is as it was, however it ends. */
  async run(): Promise<void> {
    const keys = new Keys(this.#model, this.#verbs())
    await using receiver = this.#app.events.receiver({
      onEvent: (event) => {
        this.#model.notice = ''
        this.#model.state.event(event)
        this.#redraw()
      },
      onError: (error) => {
        this.#model.notice = error instanceof Error ? error.message : String(error)
        this.#redraw()
      },
    })
    using terminal = this.#terminal
    terminal.open({
      onKey: (key) => {
        keys.press(key)
        this.#redraw()
      },
      onResize: () => this.#redraw(),
    })
    this.#draw()
    try {
      await receiver.run({ signal: this.#quitting.signal })
    } finally {
      this.#disarm?.()
    }
  }

  #verbs() {
    const { control } = this.#app
    return {
      revoke: (uuid: string) => control.revoke(uuid, { reply: true }),
      rateLimit: (task: string, limit: string) => control.rateLimit(task, limit, { reply: true }),
      beep: () => this.#terminal.beep(),
      quit: () => this.quit(),
      redraw: () => this.#redraw(),
    }
  }

  /** Soon, and once for all that happens until then. */
  #redraw(): void {
    if (this.#isDue || this.#quitting.signal.aborted) return
    this.#isDue = true
    this.#drawIn(FRAME_MS)
  }

  #draw(): void {
    this.#isDue = false
    const { size } = this.#terminal
    const model = this.#model
    model.limit = tasksOn(size)
    if (model.view.kind === 'page') model.lastOffset = lastOffset(model.view, size)
    this.#terminal.draw(draw(model, size))
    this.#drawIn(IDLE_MS)
  }

  #drawIn(milliseconds: number): void {
    this.#disarm?.()
    this.#disarm = this.#clock.setTimeout(() => this.#draw(), milliseconds)
  }
}
