import { ConsumerStep, type StepClass } from '../../bootsteps.ts'
import { Connection } from './connection.ts'
import type { Consumer } from './consumer.ts'
import { Control } from './control.ts'
import { DelayedDelivery } from './delayed-delivery.ts'
import { Events } from './events.ts'
import { Gossip } from './gossip.ts'
import { Heart } from './heart.ts'
import { Mingle } from './mingle.ts'
import { Tasks } from './tasks.ts'

type ConsumerStepClass = StepClass<Consumer>

/**
 * The steps of a worker's consumer, in boot order. A program's own consumers come before the tasks: whether they want
 * a queue that tasks are taken from is known before one is taken.
 * @param added those of the program, from `app.steps.consumer`
 */
export function consumerSteps(added: Iterable<ConsumerStepClass>): readonly ConsumerStepClass[] {
  const isConsuming = ({ prototype }: ConsumerStepClass & { prototype?: unknown }) =>
    prototype instanceof ConsumerStep
  const { consuming = [], others = [] } = Object.groupBy(added, (step) =>
    isConsuming(step) ? 'consuming' : 'others',
  )
  const own = [Connection, Events, Mingle, Gossip, Heart, Control]
  return [...own, ...consuming, Tasks, DelayedDelivery, ...others]
}
