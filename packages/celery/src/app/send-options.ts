import type { SendOptions } from './amqp.ts'
import type { CallOptions } from './call.ts'
import { currentTask } from './current-task.ts'
import type { Settings } from './defaults.ts'
import { readPublishPolicy } from './publish-policy.ts'
import { type Route, routeIn } from './routes.ts'

/** How a call is sent, as far as its options and the settings tell; its route may tell more. */
export function sendOptionsOf(
  options: CallOptions,
  { conf, oid }: { readonly conf: Settings; readonly oid: string },
): SendOptions {
  const { retry = conf.taskPublishRetry, retryPolicy = {}, timeout, replyTo = oid } = options
  return {
    way: routeIn(options),
    parentPriority: conf.taskInheritParentPriority ? currentTask()?.request.deliveryInfo.priority : undefined,
    retry,
    retryPolicy: { ...conf.taskPublishRetryPolicy, ...readPublishPolicy(retryPolicy) },
    timeout,
    replyTo,
  }
}

/** How a retry is sent: to where its message came from, in the form that its task has. */
export function wayBack(
  { exchange, routingKey, priority }: Pick<Required<Route>, 'exchange' | 'routingKey' | 'priority'>,
  { serializer, compression, deliveryMode }: Route,
): CallOptions {
  return {
    ...{ exchange, routingKey, priority },
    ...(serializer !== undefined && { serializer }),
    ...(compression !== undefined && { compression }),
    ...(deliveryMode !== undefined && { deliveryMode }),
  }
}
