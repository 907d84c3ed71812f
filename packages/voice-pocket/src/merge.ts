/**
 * What several sources give, each item as soon as it is there, with the place of its source in the list. When one of
 * them ends, the others go on; when one fails, or whoever reads leaves, all are left.
 */
export async function* merge<Item>(
  sources: readonly AsyncIterable<Item>[],
): AsyncGenerator<readonly [source: number, item: Item], void, undefined> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]())
  const next = async (index: number) => ({ index, result: await iterators[index]?.next() })
  const waiting = new Map(iterators.map((_, index) => [index, next(index)]))
  try {
    while (waiting.size > 0) {
      const { index, result } = await Promise.race(waiting.values())
      waiting.delete(index)
      if (result === undefined || result.done) continue
      yield [index, result.value]
      waiting.set(index, next(index))
    }
  } finally {
    // Not awaited: one that waits for its next item ends when its own signal says so.
    for (const iterator of iterators) iterator.return?.()?.catch(() => undefined)
  }
}
