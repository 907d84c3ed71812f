import type { Replies } from '../../app/control.ts'
import type { Task } from '../../events/state.ts'
import { type Content, type Model, type Page, type Prompt, TASKS } from './model.ts'
import {
  failurePage,
  HELP_PAGE,
  infoPage,
  repliesPage,
  resultPage,
  tracebackPage,
  workersPage,
} from './pages.ts'

/** A key as node:readline names it; `sequence` is what the terminal sent. */
export interface Key {
  readonly name?: string
  readonly sequence?: string
  readonly ctrl?: boolean
}

/** What keys need besides the model. */
export interface Verbs {
  revoke(uuid: string): Promise<Replies>
  rateLimit(task: string, limit: string): Promise<Replies>
  beep(): void
  quit(): void
  /** Something changed later than the key was pressed. */
  redraw(): void
}

/** What each key does. Over the list of tasks the letters are Celery's. */
export class Keys {
  readonly #model: Model
  readonly #verbs: Verbs
  readonly #actions: Readonly<Record<string, () => void>>

  constructor(model: Model, verbs: Verbs) {
    this.#model = model
    this.#verbs = verbs
    const [down, up] = [() => model.select(1), () => model.select(-1)]
    const info = () => this.#open(infoPage)
    this.#actions = {
      ...{ j: down, down, k: up, up, i: info, return: info },
      r: () => this.#open(resultPage),
      t: () => this.#open(tracebackPage),
      c: () => this.#revoke(),
      l: () => this.#askRateLimit(),
      w: () => model.open(workersPage(model.state)),
      '?': () => model.open(HELP_PAGE),
      q: () => verbs.quit(),
    }
  }

  press(key: Key): void {
    const { view } = this.#model
    if (key.ctrl && key.name === 'c') this.#verbs.quit()
    else if (view.kind === 'prompt') this.#type(view, key)
    else if (view.kind === 'page') this.#read(view, key)
    else this.#actions[key.name?.toLowerCase() ?? key.sequence ?? '']?.()
  }

  #read(page: Page, { name = '' }: Key): void {
    if (name === 'j' || name === 'down') this.#model.scroll(page, 1)
    else if (name === 'k' || name === 'up') this.#model.scroll(page, -1)
    else this.#model.view = TASKS
  }

  #type(prompt: Prompt, { name = '', sequence = '' }: Key): void {
    if (name === 'escape') this.#model.view = TASKS
    else if (name === 'return' || name === 'enter') {
      this.#model.view = TASKS
      if (prompt.text.trim() !== '') prompt.onEnter(prompt.text.trim())
    } else if (name === 'backspace') this.#model.view = { ...prompt, text: prompt.text.slice(0, -1) }
    else if (/^[\x20-\x7e]$/.test(sequence)) this.#model.view = { ...prompt, text: prompt.text + sequence }
  }

  #open(contentOf: (task: Task) => Content | undefined): void {
    const { selectedTask } = this.#model
    const content = selectedTask && contentOf(selectedTask)
    if (content) this.#model.open(content)
    else this.#verbs.beep()
  }

  #revoke(): void {
    const { selected } = this.#model
    if (selected === undefined) this.#verbs.beep()
    else this.#ask(this.#verbs.revoke(selected))
  }

  #askRateLimit(): void {
    const name = this.#model.selectedTask?.name
    if (name === undefined) this.#verbs.beep()
    else {
      const onEnter = (limit: string) => this.#ask(this.#verbs.rateLimit(name, limit))
      this.#model.view = { kind: 'prompt', label: 'New rate limit: ', text: '', onEnter }
    }
  }

  #ask(asking: Promise<Replies>): void {
    this.#model.notice = 'asking the workers ...'
    const show = (content: Content) => {
      this.#model.notice = ''
      this.#model.open(content)
      this.#verbs.redraw()
    }
    asking.then(
      (replies) => show(repliesPage(replies)),
      (error: unknown) => show(failurePage(error)),
    )
  }
}
