/**
 * A signature is a call that has not been made yet: plain data (task, arguments, options) and a kind, which says
 * what making the call means. This is the seam of the canvas:
 *
 *   bind      what comes later is put before what it has: arguments in front, options on top
 *   freeze    every call in it gets its id, so that there is a result before anything was sent
 *   dispatch  sends the calls that can run now; those that wait for others travel inside of them
 *   parts     the signatures it consists of
 *   endings   how many of its calls have to end before it has ended: what a chord counts
 *
 * `Group`, `Chord` and `Chain` give these another meaning and add nothing to them. `applyAsync` is bind, freeze and
 * dispatch on a copy, for each kind the same, in a client as in a worker.
 */
import { randomUUID } from 'node:crypto'
import type { CallOptions } from '../app/call.ts'
import type { Celery } from '../app/celery.ts'
import { ImproperlyConfigured } from '../exceptions.ts'
import type { AnyResult } from '../result.ts'
import { AsyncResult } from '../result.ts'
import type { AnySignature } from './fitting.ts'
import { assertFinite } from './limits.ts'
import { optionsToJson, type SignatureJson } from './signature-json.ts'

/** What Celery calls options of a signature: those of a call, and its place in a larger whole. */
export interface SignatureOptions
  extends Omit<CallOptions, 'args' | 'kwargs' | 'link' | 'linkError' | 'chain' | 'chord'> {
  /** Called with the value, when there is one. */
  readonly link?: readonly AnySignature[]
  /** Called with the id of the task that failed. */
  readonly linkError?: readonly AnySignature[]
  /** What comes after it in a chain, the next one last. */
  readonly chain?: readonly AnySignature[]
  /** The body of the chord that it is a part of. */
  readonly chord?: AnySignature
  /** Options that other clients set and this one has no use for. */
  readonly foreign?: Readonly<Record<string, unknown>>
}

export interface Addition {
  readonly args?: readonly unknown[] | undefined
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined
  readonly options?: SignatureOptions | undefined
}

/** The place of a signature in what it is a part of. Ids that it has already stay. */
export interface Place {
  readonly taskId?: string | undefined
  readonly rootId?: string | undefined
  readonly parentId?: string | undefined
  readonly groupId?: string | undefined
  readonly groupIndex?: number | undefined
  readonly chord?: AnySignature | undefined
}

export type Kind = 'chain' | 'group' | 'chord' | null

export interface SignatureFields extends Addition {
  readonly app: Celery | undefined
  readonly task: string
  readonly immutable?: boolean
}

export class Signature<
  In extends readonly unknown[] = readonly unknown[],
  Out = unknown,
  Result = AsyncResult<Out>,
> {
  // for the compiler only: what it takes, what it gives, and what is got for sending it
  declare readonly '~in'?: (args: In) => void
  declare readonly '~out'?: () => Out
  declare readonly '~result'?: () => Result
  readonly kind: Kind = null
  readonly task: string
  readonly app: Celery | undefined
  args: readonly unknown[]
  kwargs: Readonly<Record<string, unknown>>
  options: SignatureOptions
  immutable: boolean

  constructor({ app, task, args = [], kwargs = {}, options = {}, immutable = false }: SignatureFields) {
    this.app = app
    this.task = task
    this.args = args
    this.kwargs = kwargs
    this.options = options
    this.immutable = immutable
  }

  get id(): string | undefined {
    return this.options.taskId
  }

  /** Sends it, with these arguments before its own. */
  delay(...args: In): Promise<Result> {
    return this.applyAsync({ args })
  }

  /** Sends it, with more arguments and options. The signature itself stays as it is, and can be sent again. */
  async applyAsync(call: CallOptions<In> = {}): Promise<Result> {
    if (this.endings === 0 && this.kind === 'chain') {
      throw new ImproperlyConfigured('An empty chain has nothing to send. Put at least one task in it.')
    }
    return (await this.send(call)) as Result
  }

  /** Runs it here and now, with everything in it, and sends nothing. The result is there when this resolves. */
  async apply(call: CallOptions<In> = {}): Promise<Result> {
    return (await this.requireApp().eagerly(() => this.send(call))) as Result
  }

  /** `applyAsync` for whoever does not care whether there is anything to send. */
  async send({ args, kwargs, ...options }: CallOptions = {}): Promise<AnyResult> {
    assertFinite(this)
    const call = this.clone({ args, kwargs, options: toOptions(options) })
    const result = call.freeze()
    await call.dispatch()
    return (await this.app?.settled(result)) ?? result
  }

  /** A copy, with arguments before its own and options on top of its own. */
  clone(addition: Addition = {}): this {
    const copy = this.copy() as this
    copy.bind(addition)
    return copy
  }

  /** Changes options; the signature itself is returned. */
  set({ immutable, ...options }: CallOptions & { readonly immutable?: boolean }): this {
    if (immutable !== undefined) this.setImmutable(immutable)
    this.options = { ...this.options, ...toOptions(options) }
    return this
  }

  /** An immutable signature takes no arguments from the task before it. */
  setImmutable(immutable: boolean): void {
    this.immutable = immutable
  }

  /** Calls another one with its value; that other one is returned. */
  link<Callback extends AnySignature>(callback: Callback): Callback {
    this.options = { ...this.options, link: withOne(this.options.link, callback) }
    return callback
  }

  /** Calls another one when it fails; that other one is returned. */
  linkError<Errback extends AnySignature>(errback: Errback): Errback {
    this.options = { ...this.options, linkError: withOne(this.options.linkError, errback) }
    return errback
  }

  /** `linkError` that returns the signature itself. */
  onError(errback: AnySignature): this {
    this.linkError(errback)
    return this
  }

  /** Gives it an id, and the place it has in something larger; a second time it keeps what it has. */
  freeze(place: Place = {}, parent?: AnyResult): AnyResult {
    const app = this.requireApp()
    const { taskId = place.taskId ?? randomUUID(), replyTo = app.oid } = this.options
    this.options = { ...this.options, ...definedIn(this.placed(place)), taskId, replyTo }
    const result = new AsyncResult(taskId, app, parent)
    const { ignoreResult = false } = this.options
    result.ignored = app.tasks.has(this.task)
      ? app.tasks.get(this.task).ignoresResult(this.options)
      : ignoreResult
    return result
  }

  /** Sends what is frozen. `trail`: the task that runs here gets the result as its child. */
  async dispatch(trail = true): Promise<void> {
    const { link, linkError, chain, chord, foreign: _foreign, ...options } = this.options
    const call = { ...options, link, linkError, chain, chord, args: this.args, kwargs: this.kwargs }
    const app = this.requireApp()
    const send = { ...definedIn(call), addToParent: trail } as CallOptions
    if (app.tasks.has(this.task)) await app.tasks.get(this.task).applyAsync(send)
    else await app.sendTask(this.task, send)
  }

  /** Puts arguments before its own, and options on top of its own. */
  bind({ args, kwargs, options = {} }: Addition): void {
    if (!this.immutable && args?.length) this.args = [...args, ...this.args]
    if (!this.immutable && kwargs) this.kwargs = { ...this.kwargs, ...kwargs }
    this.options = mergeOptions(this.options, options)
  }

  /** The signatures it is made of. */
  get parts(): readonly AnySignature[] {
    return []
  }

  get endings(): number {
    return 1
  }

  /** As it travels: the form that Python's Celery has. */
  toJSON(): SignatureJson {
    assertFinite(this)
    return this.encode()
  }

  /** `toJSON` of what is known to be finite. */
  encode(): SignatureJson {
    return {
      task: this.task,
      args: this.args,
      kwargs: this.encodeKwargs(),
      options: optionsToJson(this.options),
      subtask_type: this.kind,
      immutable: this.immutable,
    }
  }

  toString(): string {
    return this.task
  }

  protected encodeKwargs(): Readonly<Record<string, unknown>> {
    return this.kwargs
  }

  protected copy(): AnySignature {
    return new Signature(this)
  }

  /** Its place, with what it knows itself: a group, once joined, is not left. */
  protected placed(place: Place): Place {
    const { groupId, groupIndex, rootId, parentId, chord } = this.options
    return {
      rootId: place.rootId ?? rootId,
      parentId: place.parentId ?? parentId,
      groupId: groupId ?? place.groupId,
      groupIndex: place.groupIndex ?? groupIndex,
      chord: place.chord ?? chord,
    }
  }

  protected requireApp(): Celery {
    if (this.app) return this.app
    throw new ImproperlyConfigured(
      `The ${this.kind ?? `signature of '${this.task}'`} belongs to no app. ` +
        'Make its parts with task.s() or app.signature().',
    )
  }
}

/** Later options win, except for the group and the stamps; callbacks are added. */
export function mergeOptions(own: SignatureOptions, later: SignatureOptions): SignatureOptions {
  const added = definedIn(later)
  return {
    ...own,
    ...added,
    ...(own.groupId !== undefined && { groupId: own.groupId }),
    ...(own.stamps && { stamps: { ...added.stamps, ...own.stamps } }),
    ...(own.link && added.link && { link: added.link.reduce(withOne, own.link) }),
    ...(own.linkError && added.linkError && { linkError: added.linkError.reduce(withOne, own.linkError) }),
  }
}

export function definedIn<T extends object>(options: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(given) as { [Name in keyof T]: Exclude<T[Name], undefined> }
}

/** Options of a call as a signature keeps them: callbacks in a list, also when there is one. */
export function toOptions({ link, linkError, ...options }: CallOptions): SignatureOptions {
  return {
    ...definedIn(options),
    ...(link && { link: asList(link) }),
    ...(linkError && { linkError: asList(linkError) }),
  }
}

const asList = (one: AnySignature | readonly AnySignature[]) =>
  Array.isArray(one) ? (one as readonly AnySignature[]) : [one as AnySignature]

/** The same callback is called once, however often it was linked. */
function withOne(list: readonly AnySignature[] = [], one: AnySignature): readonly AnySignature[] {
  return list.includes(one) ? list : [...list, one]
}
