import type { Celery } from '../app/celery.ts'
import type { AnyResult } from '../result.ts'
import { openChord } from './chord-opening.ts'
import type { AnySignature } from './fitting.ts'
import { Group } from './group.ts'
import {
  type Addition,
  definedIn,
  mergeOptions,
  type Place,
  Signature,
  type SignatureOptions,
} from './signature.ts'

/**
 * A header of signatures that run at the same time, and a body that gets the list of their values. Each call of the
 * header carries the body; the worker that ends the last of them sends it. Options of a chord are those of its body,
 * and of its header where they are about sending.
 */
export class Chord<
  In extends readonly unknown[] = readonly unknown[],
  Out = unknown,
  Result = AnyResult,
> extends Signature<In, Out, Result> {
  override readonly kind = 'chord'
  readonly header: Group
  readonly body: AnySignature

  constructor(
    header: Group | readonly AnySignature[],
    body: AnySignature,
    { options = {}, app }: { options?: SignatureOptions; app?: Celery | undefined } = {},
  ) {
    const group = header instanceof Group ? header : new Group(header as readonly AnySignature[])
    super({ app: app ?? group.app ?? body.app, task: 'celery.chord', options })
    this.header = group
    this.body = body
  }

  override get parts(): readonly AnySignature[] {
    return [this.header, this.body]
  }

  override get endings(): number {
    return this.body.endings
  }

  override get id(): string | undefined {
    return this.body.id
  }

  /** Whether the header takes arguments; the body always gets its list. */
  override setImmutable(immutable: boolean): void {
    this.header.setImmutable(immutable)
  }

  override link<Callback extends AnySignature>(callback: Callback): Callback {
    return this.body.link(callback)
  }

  /** For a failure of the body, or of any task of the header, which keeps the body from running. */
  override linkError<Errback extends AnySignature>(errback: Errback): Errback {
    for (const task of this.header.tasks) if (task instanceof Chord) task.linkError(errback)
    if (this.app?.conf.taskAllowErrorCbOnChordHeader) this.header.linkError(errback)
    return this.body.linkError(errback)
  }

  /** An id is that of the body: the result of a chord is the result of its body. */
  override bind({ options: { taskId, ...options } = {}, ...addition }: Addition): void {
    if (taskId !== undefined) this.body.options = { ...this.body.options, taskId }
    super.bind({ ...addition, options })
  }

  override set({ taskId, ...options }: Parameters<Signature['set']>[0]): this {
    if (taskId !== undefined) this.body.set({ taskId })
    return super.set(options)
  }

  override freeze(place: Place = {}, parent?: AnyResult): AnyResult {
    const own = this.placed(place)
    const { rootId, parentId, chord, groupId, groupIndex } = own
    this.options = { ...this.options, ...definedIn(own) }
    const header = this.header.freeze({ rootId, parentId }, parent)
    return this.body.freeze({ taskId: place.taskId, rootId, chord, groupId, groupIndex }, header)
  }

  override async dispatch(trail = true): Promise<void> {
    const {
      chain,
      chord: _chord,
      groupId: _group,
      groupIndex: _index,
      link,
      linkError,
      ...shared
    } = this.options
    const callbacks = { ...(link && { link }), ...(linkError && { linkError }), ...(chain && { chain }) }
    const id = this.header.options.taskId as string
    this.body.options = mergeOptions(this.body.options, { ...shared, ...callbacks })
    this.body.freeze({ groupId: id })
    this.header.bind({ args: this.args, kwargs: this.kwargs, options: shared })
    const header = this.header.freeze({ groupId: id, chord: this.body })
    if (this.header.endings === 0) return this.#dispatchBodyOfNothing(trail)
    await openChord(this.requireApp(), this.body, header, this.header.endings)
    await this.header.dispatch(trail)
  }

  async #dispatchBodyOfNothing(trail: boolean): Promise<void> {
    this.body.bind({ args: [[]] })
    this.body.freeze()
    await this.body.dispatch(trail)
  }

  protected override encodeKwargs(): Readonly<Record<string, unknown>> {
    return {
      kwargs: this.kwargs,
      header: this.header.tasks.map((task) => task.encode()),
      body: this.body.encode(),
    }
  }

  /** Celery keeps the id of the header as that of the chord. */
  override encode(): ReturnType<Signature['encode']> {
    const json = super.encode()
    const { taskId } = this.header.options
    return taskId === undefined ? json : { ...json, options: { ...json.options, task_id: taskId } }
  }

  protected override copy(): AnySignature {
    const { app, options } = this
    const copy = new Chord(this.header.clone(), this.body.clone(), { app, options })
    copy.args = this.args
    copy.kwargs = this.kwargs
    copy.immutable = this.immutable
    return copy as AnySignature
  }
}
