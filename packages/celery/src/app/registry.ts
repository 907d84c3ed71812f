import { AlreadyRegistered, NotRegistered } from '../exceptions.ts'
import type { AnyTask } from './task.ts'

/** The tasks of an app by name. The built-in ones are made when they are asked for, and are on no list. */
export class TaskRegistry implements Iterable<AnyTask> {
  readonly #tasks = new Map<string, AnyTask>()
  readonly #builtins = new Map<string, AnyTask>()
  readonly #makeBuiltin: (name: string) => AnyTask | undefined

  constructor(makeBuiltin: (name: string) => AnyTask | undefined = () => undefined) {
    this.#makeBuiltin = makeBuiltin
  }

  /** @throws AlreadyRegistered when another task has the name. */
  register(task: AnyTask): void {
    if (this.#tasks.has(task.name)) {
      throw new AlreadyRegistered(`There is a task '${task.name}' already. Give one of the two another name.`)
    }
    this.#tasks.set(task.name, task)
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined
  }

  /** @throws NotRegistered */
  get(name: string): AnyTask {
    const task = this.#find(name)
    if (!task) throw new NotRegistered(name)
    return task
  }

  get names(): readonly string[] {
    return [...this.#tasks.keys()].sort()
  }

  [Symbol.iterator](): Iterator<AnyTask> {
    return this.#tasks.values()
  }

  #find(name: string): AnyTask | undefined {
    const known = this.#tasks.get(name) ?? this.#builtins.get(name)
    if (known) return known
    const made = this.#makeBuiltin(name)
    if (made) this.#builtins.set(name, made)
    return made
  }
}
