/**
 * Collects what is asked for while the callbacks of this moment run, and asks once for all of it: a program that waits
 * for a hundred results asks for them in the same moment.
 */
export class TurnBatch<Item, Value> {
  readonly #run: (items: readonly Item[]) => Promise<readonly Value[]>
  #items: Item[] = []
  #outcome: Promise<readonly Value[]> | undefined

  /** @param run gives as many values, in the same order; what it rejects with is everybody's */
  constructor(run: (items: readonly Item[]) => Promise<readonly Value[]>) {
    this.#run = run
  }

  async add(item: Item): Promise<Value> {
    const at = this.#items.push(item) - 1
    this.#outcome ??= this.#collect()
    return (await this.#outcome)[at] as Value
  }

  async #collect(): Promise<readonly Value[]> {
    await new Promise<void>((resolve) => process.nextTick(resolve))
    const items = this.#items
    this.#items = []
    this.#outcome = undefined
    return this.#run(items)
  }
}
