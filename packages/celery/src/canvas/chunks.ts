import type { Celery } from '../app/celery.ts'
import { ImproperlyConfigured } from '../exceptions.ts'
import type { GroupResult } from '../group-result.ts'
import type { AnyResult } from '../result.ts'
import type { AnySignature } from './fitting.ts'
import { Group } from './group.ts'
import { Signature, type SignatureFields } from './signature.ts'

type Rows = Iterable<readonly unknown[]>

/** One call that runs the task for each of the values, one after the other, and gives the list of what they gave. */
export function map<Out>(
  task: AnySignature,
  values: Iterable<unknown>,
): Signature<readonly unknown[], Out[]> {
  return new Signature(sequence('celery.map', task, { it: [...values] }))
}

/** `map` whose values are lists of arguments. */
export function starmap<Out>(task: AnySignature, rows: Rows): Signature<readonly unknown[], Out[]> {
  return new Signature(sequence('celery.starmap', task, { it: [...rows] }))
}

/**
 * Many lists of arguments in calls of `size` each: less traffic than a call for each. Sent by itself it is a group of
 * such calls; inside of another canvas it is a task that sends that group.
 */
export class Chunks<Out = unknown> extends Signature<readonly unknown[], Out[][], GroupResult<Out[][]>> {
  readonly #signature: AnySignature
  readonly #rows: readonly (readonly unknown[])[]
  readonly #size: number

  constructor(task: AnySignature, rows: Rows, size: number) {
    if (!Number.isInteger(size) || size < 1) {
      throw new ImproperlyConfigured(`The size of chunks is ${size}; it must be a whole number of 1 or more.`)
    }
    const it = [...rows]
    super(sequence('celery.chunks', task, { it, n: size }))
    this.#signature = task
    this.#rows = it
    this.#size = size
  }

  /** The group that it is when it is sent. */
  group(): Group<readonly unknown[], Out[][]> {
    const parts: AnySignature[] = []
    for (let start = 0; start < this.#rows.length; start += this.#size) {
      parts.push(starmap(this.#signature, this.#rows.slice(start, start + this.#size)))
    }
    return new Group(parts, { app: this.app, options: this.options })
  }

  override send(call: Parameters<Signature['send']>[0] = {}): Promise<AnyResult> {
    return this.group().send(call)
  }
}

function sequence(
  name: string,
  task: AnySignature,
  kwargs: Readonly<Record<string, unknown>>,
): SignatureFields & { readonly app: Celery | undefined } {
  return { app: task.app, task: name, kwargs: { task: task.toJSON(), ...kwargs }, immutable: true }
}
