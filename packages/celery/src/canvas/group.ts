import { randomUUID } from 'node:crypto'
import type { Celery } from '../app/celery.ts'
import { recordChild } from '../app/current-task.ts'
import { ImproperlyConfigured } from '../exceptions.ts'
import { GroupResult } from '../group-result.ts'
import type { AnyResult } from '../result.ts'
import { inBatches } from './batches.ts'
import type { AnySignature } from './fitting.ts'
import { type Addition, definedIn, type Place, Signature, type SignatureOptions } from './signature.ts'

/** Signatures that run at the same time. A group in a group is part of it. */
export class Group<
  In extends readonly unknown[] = readonly unknown[],
  Out extends readonly unknown[] = readonly unknown[],
> extends Signature<In, Out, GroupResult<Out>> {
  override readonly kind = 'group'
  #tasks: readonly AnySignature[]

  constructor(
    tasks: readonly AnySignature[],
    { options = {}, app }: { options?: SignatureOptions; app?: Celery | undefined } = {},
  ) {
    super({ app: app ?? tasks.find((task) => task.app)?.app, task: 'celery.group', options })
    this.#tasks = tasks
  }

  get tasks(): readonly AnySignature[] {
    return this.#tasks
  }

  override get parts(): readonly AnySignature[] {
    return this.#tasks
  }

  override get endings(): number {
    return this.#tasks.reduce((sum, task) => sum + task.endings, 0)
  }

  override setImmutable(immutable: boolean): void {
    for (const task of this.#tasks) task.setImmutable(immutable)
  }

  /** Calls back when the first of its tasks has a value, without it: for the values of all, use a chord. */
  override link<Callback extends AnySignature>(callback: Callback): Callback {
    const copy = callback.clone()
    copy.setImmutable(true)
    this.#tasks[0]?.link(copy)
    return callback
  }

  /** Calls back for each of its tasks that fails. */
  override linkError<Errback extends AnySignature>(errback: Errback): Errback {
    for (const task of this.#tasks) {
      const copy = errback.clone()
      copy.setImmutable(true)
      task.linkError(copy)
    }
    return errback
  }

  /** Lets its tasks begin one after the other: countdowns from `start` up to `stop`, where all others begin. */
  skew(start = 1, stop = Number.POSITIVE_INFINITY, step = 1): this {
    let countdown = start
    for (const task of this.#tasks) {
      task.set({ countdown })
      if (countdown + step <= stop) countdown += step
    }
    return this
  }

  override bind(addition: Addition): void {
    const { link, linkError } = addition.options ?? {}
    if (link?.length || linkError?.length) {
      throw new ImproperlyConfigured(
        'A group has no value of its own to link to: link its tasks, or make it a chord.',
      )
    }
    super.bind(addition)
  }

  override freeze(place: Place = {}, parent?: AnyResult): GroupResult<Out> {
    const own = this.placed(place)
    const id = this.options.taskId ?? own.groupId ?? randomUUID()
    this.options = { ...this.options, ...definedIn(own), taskId: id }
    this.#tasks = flatten(this.#tasks)
    const { rootId, parentId, chord, groupId } = own
    const results = this.#tasks.map((task, groupIndex) =>
      task.freeze({ rootId, parentId, chord, groupId, groupIndex }),
    )
    return new GroupResult<Out>(id, results, this.app, parent)
  }

  /**
   * Its tasks join their group here and no earlier: a Python worker freezes the header of a chord once more, under
   * another id, and a task never leaves its group. All of them are sent, or an error says that not all of them are.
   */
  override async dispatch(trail = true): Promise<void> {
    const { taskId: groupId, groupId: _group, groupIndex: _index, chord: _chord, ...shared } = this.options
    const { link: _link, linkError: _linkError, foreign: _foreign, ...options } = shared
    await inBatches(this.#tasks, async (task) => {
      task.bind({ args: this.args, kwargs: this.kwargs, options })
      task.freeze({ groupId })
      await task.dispatch(false)
    })
    if (trail && this.#tasks.length > 0) recordChild(this.freeze().asTuple())
  }

  protected override encodeKwargs(): Readonly<Record<string, unknown>> {
    return { tasks: this.#tasks.map((task) => task.encode()) }
  }

  protected override copy(): AnySignature {
    const { app, options } = this
    const copy = new Group(
      this.#tasks.map((task) => task.clone()),
      { app, options },
    )
    copy.args = this.args
    copy.kwargs = this.kwargs
    return copy as AnySignature
  }
}

/** The tasks of the groups in it, in order; what has nothing to run is left out. */
function flatten(tasks: readonly AnySignature[]): readonly AnySignature[] {
  return tasks.flatMap((task) => {
    if (!(task instanceof Group)) return task.endings > 0 ? [task] : []
    const { taskId: _id, groupId: _group, groupIndex: _index, chord: _chord, ...options } = task.options
    const members = flatten(task.tasks)
    for (const member of members) member.bind({ args: task.args, kwargs: task.kwargs, options })
    return members
  })
}
