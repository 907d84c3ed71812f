import type { RedisBroker } from './broker.ts'
import type { Declarations } from './declarations.ts'
import { restore } from './restore.ts'

/** What a connection leaves behind when it ends. */
export interface Estate {
  /** Of the messages that it held, or may have been about to hold. */
  readonly tags: readonly string[]
  /** Its exclusive queues. */
  readonly queues: readonly string[]
}

/** Messages go back to their queues, exclusive queues go away. */
export async function settleEstate(
  { tags, queues }: Estate,
  broker: RedisBroker,
  declarations: Declarations,
): Promise<void> {
  await restore(broker, tags.toReversed())
  for (const tag of tags) declarations.orphans.delete(tag)
  for (const queue of queues) {
    for (const exchange of declarations.forgetQueue(queue)) await broker.bindings.remove(exchange, queue)
    await broker.client.del([...broker.keys.lists(queue)])
  }
}
