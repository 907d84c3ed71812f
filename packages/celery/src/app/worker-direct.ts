/** A queue for one worker alone, as Celery has it (`celery/utils/nodenames.py`); see the setting `workerDirect`. */
import { Exchange, Queue } from '@voice-pocket/kombu'

const EXCHANGE = new Exchange('C.dq2')
const SUFFIX = '.dq2'

/**
 * The queue of just that worker, which consumes from it where its setting `workerDirect` is on:
 * `task.applyAsync(args, { queue: workerDirect('w1@example.com').name })`.
 * @param nodeName `name@host`
 */
export function workerDirect(nodeName: string): Queue {
  return new Queue(`${nodeName}${SUFFIX}`, { exchange: EXCHANGE, routingKey: nodeName })
}

/** The same by the name of the queue; undefined for any other name. */
export function directQueue(name: string): Queue | undefined {
  return name.endsWith(SUFFIX) ? workerDirect(name.slice(0, -SUFFIX.length)) : undefined
}
