import { Chain } from '../canvas/chain.ts'
import { Chord } from '../canvas/chord.ts'
import type { AnySignature } from '../canvas/fitting.ts'
import { signatureFromJson } from '../canvas/from-json.ts'
import { Group } from '../canvas/group.ts'
import type { ChordError } from '../exceptions.ts'
import { FAILURE, type State } from '../states.ts'
import type { Celery } from './celery.ts'
import { returnPart } from './chord-part.ts'
import type { Context } from './context.ts'
import { type CurrentTask, runAs } from './current-task.ts'
import { callErrbacks } from './errbacks.ts'

/** How a task failed, for those that come after it. */
export interface Failure {
  readonly error: unknown
  /** FAILURE unless given; what is REVOKED takes the rest of its chain along, and calls no errbacks. */
  readonly status?: State
  /** Whether the rest of the chain gets a record of it. */
  readonly store: boolean
}

/**
 * What comes after a task, as its message has it: callbacks, the rest of its chain, the chord that it is a part of,
 * errbacks. The order is Celery's: callbacks and chain are sent before the result is stored, so that the record has
 * them as children; the chord learns of it afterwards, so that who reads all the records finds them.
 */
export class Continuation {
  readonly #app: Celery
  readonly #run: CurrentTask
  readonly #callbacks: readonly AnySignature[]
  readonly #errbacks: readonly AnySignature[]
  readonly #chain: readonly AnySignature[]
  readonly #chord: AnySignature | undefined
  #unreadable: unknown

  /** A part that cannot be read is left out, for the others to learn of the failure that `assertReadable` makes of it. */
  constructor(app: Celery, request: Context) {
    this.#app = app
    this.#run = { request }
    this.#callbacks = this.#read(request.callbacks)
    this.#errbacks = this.#read(request.errbacks)
    this.#chain = this.#read(request.chain)
    this.#chord = request.chord === undefined ? undefined : this.#read([request.chord])[0]
  }

  get request(): Context {
    return this.#run.request
  }

  /** @throws InvalidTaskError, CanvasError: before the task has done anything. */
  assertReadable(): void {
    if (this.#unreadable !== undefined) throw this.#unreadable
  }

  /** Whatever is sent in it is a child of the task. */
  within<T>(work: () => Promise<T>): Promise<T> {
    return runAs(this.#run, work)
  }

  /** Sends the callbacks, and the next of the chain. */
  async proceed(value: unknown): Promise<void> {
    if (this.#callbacks.length + this.#chain.length === 0) return
    const { id: parentId, rootId } = this.#run.request
    const call = { args: [value], parentId, rootId }
    await this.within(async () => {
      for (const callback of gathered(this.#callbacks)) await callback.send(call)
      const later = this.#chain.slice(0, -1)
      await this.#chain.at(-1)?.send({ ...call, ...(later.length > 0 && { chain: later }) })
    })
  }

  /** Tells the chord that its part has a value. */
  async returned(value: unknown): Promise<void> {
    if (this.#chord !== undefined) await this.within(() => this.#returnPart('SUCCESS', value))
  }

  /** Tells everybody who waits for it, or for what was to come after it, and calls the errbacks. */
  async failed({ error, status = FAILURE, store }: Failure): Promise<void> {
    const { request } = this.#run
    await this.within(async () => {
      await this.#returnPart(status, error)
      for (const next of this.#chain) await this.#fail(next, { error, status, store })
      if (status === FAILURE) await callErrbacks(this.#app, request, this.#errbacks, error)
    })
  }

  async #returnPart(status: State, result: unknown): Promise<void> {
    const { id: taskId, group: groupId, groupIndex } = this.#run.request
    if (this.#chord === undefined) return
    const part = { taskId, groupId, groupIndex, status, result }
    await returnPart(this.#app, part, this.#chord, (body, failure) => this.failBody(body, failure))
  }

  /** The body of a chord will not run: it fails as if it had, with what was to come after it. */
  async failBody(body: AnySignature, error: ChordError): Promise<void> {
    for (const part of body instanceof Group ? body.tasks : [body]) {
      await this.#fail(part, { error, store: true })
      const { rootId } = this.#run.request
      await callErrbacks(this.#app, { id: part.id ?? '', rootId }, errbacksOf(part, body), error)
    }
    for (const next of body instanceof Group ? (body.options.chain ?? []) : []) {
      await this.#fail(next, { error, store: true })
    }
  }

  /** Each call in it that will not run gets its record, and each chord that waits for one learns of it. */
  async #fail(signature: AnySignature, failure: Failure): Promise<void> {
    if (signature instanceof Chord) await this.#fail(signature.body, failure)
    else if (signature instanceof Chain || signature instanceof Group) {
      for (const task of signature.tasks) await this.#fail(task, failure)
    } else await this.#failCall(signature, failure)
    for (const next of signature.options.chain ?? []) await this.#fail(next, failure)
  }

  async #failCall(
    { task, options }: AnySignature,
    { error, status = FAILURE, store }: Failure,
  ): Promise<void> {
    const { taskId, groupId, groupIndex, chord, parentId, replyTo } = options
    if (taskId === undefined) return
    const backend = await this.#app.backend()
    const request = { task, group: groupId, parentId, replyTo }
    if (store) await backend.storeResult(taskId, error, status, { request })
    if (chord === undefined) return
    const part = { taskId, groupId, groupIndex, status, result: error }
    await returnPart(this.#app, part, chord, (body, chordError) => this.failBody(body, chordError))
  }

  #read(parts: readonly unknown[]): readonly AnySignature[] {
    return parts.flatMap((part) => {
      try {
        return [signatureFromJson(part, this.#app)]
      } catch (error) {
        this.#unreadable ??= error
        return []
      }
    })
  }
}

/** Several callbacks are sent as one group, as Celery does it; groups among them each by themselves. */
function gathered(callbacks: readonly AnySignature[]): readonly AnySignature[] {
  const groups = callbacks.filter((callback) => callback instanceof Group)
  const tasks = callbacks.filter((callback) => !(callback instanceof Group))
  return tasks.length < 2 ? callbacks : [...groups, new Group(tasks) as AnySignature]
}

/** Those that would be called if the body had run and failed at once. */
function errbacksOf(part: AnySignature, whole: AnySignature): readonly AnySignature[] {
  const own = [...(part.options.linkError ?? []), ...(part === whole ? [] : (whole.options.linkError ?? []))]
  const first = part instanceof Chain ? part.tasks[0] : part instanceof Chord ? part.body : undefined
  const all = first === undefined ? own : [...own, ...errbacksOf(first, first)]
  return [...new Map(all.map((errback) => [JSON.stringify(errback), errback])).values()]
}
