import type { State, Task } from '../../events/state.ts'

/** Something to read, until a key is pressed. Lines are not wrapped yet. */
export interface Page {
  readonly kind: 'page'
  readonly title: string
  readonly lines: readonly PageLine[]
  /** So many lines are above the screen. */
  readonly offset: number
}

/** What a page is made of. */
export type Content = readonly [title: string, lines: readonly PageLine[]]

/** A name, drawn bold, or none, and what belongs to it. */
export interface PageLine {
  readonly name?: string
  readonly text: string
  readonly colour?: 'red' | 'green'
}

/** A text that is being typed. */
export interface Prompt {
  readonly kind: 'prompt'
  readonly label: string
  readonly text: string
  readonly onEnter: (text: string) => void
}

export type View = { readonly kind: 'tasks' } | Page | Prompt

export const TASKS: View = { kind: 'tasks' }

/** What is on the screen: the newest tasks of the cluster, which of them is selected, and what lies over them. */
export class Model {
  readonly state: State
  selected: string | undefined
  view: View = TASKS
  /** What happened last, such as a lost connection. */
  notice = ''
  /** How many tasks the screen has room for. */
  limit = 0
  /** How far down the page still has something to read. */
  lastOffset = 0

  constructor(state: State) {
    this.state = state
  }

  /** Newest first. */
  get tasks(): readonly Task[] {
    return [...this.state.tasksByTime({ limit: this.limit })]
  }

  get selectedTask(): Task | undefined {
    return this.selected === undefined ? undefined : this.state.tasks.get(this.selected)
  }

  /** From one end to the other as well; the first one, or the last one, where none is selected. */
  select(direction: 1 | -1): void {
    const { tasks } = this
    const at = tasks.findIndex(({ uuid }) => uuid === this.selected)
    const next = at < 0 && direction < 0 ? -1 : at + direction
    this.selected = tasks.at(next % Math.max(1, tasks.length))?.uuid
  }

  /** Further down the page, or up. */
  scroll(page: Page, direction: 1 | -1): void {
    this.view = { ...page, offset: Math.min(this.lastOffset, Math.max(0, page.offset + direction)) }
  }

  open([title, lines]: Content): void {
    this.view = { kind: 'page', title, lines, offset: 0 }
  }
}
