import type { Celery } from '../app/celery.ts'
import { GroupResult } from '../group-result.ts'
import type { AnyResult } from '../result.ts'
import type { AnySignature } from './fitting.ts'
import { definedIn, type Place, Signature, type SignatureOptions } from './signature.ts'

/**
 * Signatures that run one after the other, each with the value of the one before it. The first one carries the rest
 * in its message. `tasks` are upgraded already (`upgrade.ts`): no chain among them, no group but at the end.
 */
export class Chain<
  In extends readonly unknown[] = readonly unknown[],
  Out = unknown,
  Result = AnyResult,
> extends Signature<In, Out, Result> {
  override readonly kind = 'chain'
  readonly tasks: readonly AnySignature[]

  constructor(
    tasks: readonly AnySignature[],
    { options = {}, app }: { options?: SignatureOptions; app?: Celery | undefined } = {},
  ) {
    super({ app: app ?? tasks.find((task) => task.app)?.app, task: 'celery.chain', options })
    this.tasks = tasks
  }

  override get parts(): readonly AnySignature[] {
    return this.tasks
  }

  override get endings(): number {
    return this.#end?.endings ?? 0
  }

  /** It ends where its last task does: that one is what a chord waits for, and has the chain's id. */
  override freeze(place: Place = {}, parent?: AnyResult): AnyResult {
    const own = this.placed(place)
    const taskId = this.options.taskId ?? place.taskId
    const end = this.#end
    let result = parent
    for (const task of this.tasks) {
      const inPlace = task === end ? { ...own, taskId, parentId: undefined } : { rootId: own.rootId }
      if (task.endings > 0) result = task.freeze(inPlace, result)
    }
    if (result === undefined) return new GroupResult(taskId ?? '', [], this.app)
    this.options = { ...this.options, ...definedIn(own), taskId: result.id }
    return result
  }

  /** What was said of the whole, such as a countdown, is for the first: that is where it begins. */
  override async dispatch(trail = true): Promise<void> {
    const { taskId: _id, groupId: _group, groupIndex: _index, chord: _chord, ...others } = this.options
    const { link = [], linkError = [], chain = [], foreign: _foreign, ...options } = others
    const [first, ...rest] = this.tasks.filter((task) => task.endings > 0)
    if (first === undefined) return
    const last = rest.at(-1) ?? first
    for (const callback of link) last.link(callback)
    for (const errback of linkError) for (const task of [first, ...rest]) task.linkError(errback)
    const later = [...chain, ...rest.reverse()]
    first.bind({
      args: this.args,
      kwargs: this.kwargs,
      options: { ...options, ...(later.length > 0 && { chain: later }) },
    })
    first.freeze()
    await first.dispatch(trail)
  }

  /** The last one that runs anything. */
  get #end(): AnySignature | undefined {
    return this.tasks.findLast((task) => task.endings > 0)
  }

  protected override encodeKwargs(): Readonly<Record<string, unknown>> {
    return { tasks: this.tasks.map((task) => task.encode()) }
  }

  protected override copy(): AnySignature {
    const { app, options } = this
    const copy = new Chain(
      this.tasks.map((task) => task.clone()),
      { app, options },
    )
    copy.args = this.args
    copy.kwargs = this.kwargs
    copy.immutable = this.immutable
    return copy as AnySignature
  }
}
