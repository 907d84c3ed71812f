import { describe } from '../describe.ts'

export type Labels = Readonly<Record<string, string>>

/** A number that each process which runs an app's tasks has of itself, under a name for Prometheus. */
export interface Measure {
  readonly name: string
  readonly help: string
  /** A counter only grows, and what a process counted stays when it is gone; of a gauge nothing stays. */
  readonly type: 'counter' | 'gauge'
  readonly labelNames?: readonly string[]
  /** What it is in this process now, for each combination of labels; read after each task. */
  read(): readonly { readonly labels?: Labels; readonly value: number }[]
}

/** What a measure was, at some moment in some process. */
export interface Reading {
  readonly name: string
  readonly type: Measure['type']
  readonly labels: Labels
  readonly value: number
}

/**
 * The measures of an app. Children of a pool tell theirs to their worker, which tells the sum of them as metrics: add
 * them in the module that exports the app.
 */
export class Measures {
  readonly #measures = new Map<string, Measure>()

  /** @throws TypeError for a second one of the same name */
  add(measure: Measure): void {
    if (this.#measures.has(measure.name))
      throw new TypeError(`There is a measure ${measure.name} already. Give each a name of its own.`)
    this.#measures.set(measure.name, measure)
  }

  [Symbol.iterator](): Iterator<Measure> {
    return this.#measures.values()
  }

  /** All of them, in this process. One that cannot be read is left out, with a warning. */
  readings(): readonly Reading[] {
    return [...this.#measures.values()].flatMap(readingsOf)
  }
}

function readingsOf({ name, type, ...measure }: Measure): readonly Reading[] {
  try {
    return measure.read().map(({ labels = {}, value }) => ({ name, type, labels, value }))
  } catch (error) {
    process.emitWarning(`The measure ${name} cannot be read: ${describe(error)}`, 'CeleryWarning')
    return []
  }
}
