import type { Celery } from '../app/celery.ts'
import type { Request } from './request.ts'

/** Backends that cannot be asked what became of a task. */
const FORGETFUL = ['rpc:', 'disabled:']

/**
 * Whether a message came again although its task has succeeded: whoever ran it did not live to acknowledge it. Asked
 * only where `workerDeduplicateSuccessfulTasks` wants it, of messages that are acknowledged late.
 */
export async function hasSucceeded({ id, acksLate, message }: Request, app: Celery): Promise<boolean> {
  if (!app.conf.workerDeduplicateSuccessfulTasks || !acksLate || !message.deliveryInfo.redelivered)
    return false
  const backend = await app.backend()
  if (FORGETFUL.some((scheme) => backend.url.startsWith(scheme))) return false
  return (await backend.getTaskMeta(id)).status === 'SUCCESS'
}
