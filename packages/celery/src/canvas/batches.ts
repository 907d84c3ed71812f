/** How many messages of one group are on their way to the broker at once. */
const BATCH = 100

/** Does it for each, a batch at a time; nothing is still going on when this rejects. */
export async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += BATCH) {
    const done = await Promise.allSettled(items.slice(start, start + BATCH).map(work))
    const failed = done.find(({ status }) => status === 'rejected')
    if (failed) throw (failed as PromiseRejectedResult).reason
  }
}
