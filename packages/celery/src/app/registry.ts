import { AlreadyRegistered, NotRegistered } from '../exceptions.ts'
import type { AnyTask } from './task.ts'

/** The tasks of an app by name. */
export class TaskRegistry implements Iterable<AnyTask> {
  readonly #tasks = new Map<string, AnyTask>()

  /** @throws AlreadyRegistered when another task has the name. */
  register(task: AnyTask): void {
    if (this.#tasks.has(task.name)) {
      throw new AlreadyRegistered(`There is a task '${task.name}' already. Give one of the two another name.`)
    }
    this.#tasks.set(task.name, task)
  }

  has(name: string): boolean {
    return this.#tasks.has(name)
  }

  /** @throws NotRegistered */
  get(name: string): AnyTask {
    const task = this.#tasks.get(name)
    if (!task) throw new NotRegistered(name)
    return task
  }

  get names(): readonly string[] {
    return [...this.#tasks.keys()].sort()
  }

  [Symbol.iterator](): Iterator<AnyTask> {
    return this.#tasks.values()
  }
}
