import type { QueueDeclaration } from '../base.ts'
import type { Store } from './store.ts'

/** A queue that nobody here declared and that is used all the same; every declaration agrees with it. */
export const IMPLICIT_QUEUE: QueueDeclaration = Object.freeze({})

/** The queue of that name for whoever wants to use it, not only ask for it. */
export async function lookUpQueue(store: Store, name: string): Promise<QueueDeclaration | undefined> {
  const declaration = await store.getQueue(name)
  if (declaration || !store.implicitQueues || name === '') return declaration
  return IMPLICIT_QUEUE
}
