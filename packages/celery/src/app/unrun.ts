import { SerializationError } from '@voice-pocket/kombu'
import { InvalidTaskError, TaskRevokedError } from '../exceptions.ts'
import { FAILURE, REVOKED } from '../states.ts'
import type { Celery } from './celery.ts'
import type { Context } from './context.ts'
import { Continuation } from './continuation.ts'
import { readTask, type TaskHead, type TaskWire } from './protocol.ts'

/** A task that was discarded, or whose process is gone: there is no run that could say how it ended. */
export interface Unrun {
  readonly head: Pick<TaskHead, 'id' | 'task'>
  readonly wire: TaskWire
}

/** Records a failure for it, for the rest of its chain and for its chord, and calls its errbacks. */
export async function failUnrun(app: Celery, { head, wire }: Unrun, error: Error): Promise<void> {
  const request = open(app, wire)
  const backend = await app.backend()
  await backend.markAsFailure(head.id, error, undefined, request ?? known(head, wire))
  if (request) await new Continuation(app, request).failed({ error, status: FAILURE, store: true })
}

/** Records that it was revoked; so is the rest of its chain, and a chord that it is a part of fails. */
export async function revokeUnrun(app: Celery, { head, wire }: Unrun, reason: string): Promise<void> {
  const request = open(app, wire)
  const backend = await app.backend()
  await backend.markAsRevoked(head.id, reason, request ?? known(head, wire))
  const error = new TaskRevokedError(reason)
  if (request) await new Continuation(app, request).failed({ error, status: REVOKED, store: true })
}

/** Records that it was ended before it was done, and begins again. */
export async function retryUnrun(app: Celery, { head, wire }: Unrun, reason: Error): Promise<void> {
  const backend = await app.backend()
  await backend.markAsRetry(head.id, reason, undefined, open(app, wire) ?? known(head, wire))
}

/** Undefined when the message cannot be opened: then nobody knows what was to come after it. */
function open(app: Celery, wire: TaskWire): Context | undefined {
  try {
    return readTask(wire, app.conf.acceptContent, new AbortController().signal)
  } catch (error) {
    const isUnreadable = error instanceof SerializationError || error instanceof InvalidTaskError
    if (isUnreadable) return undefined
    throw error
  }
}

/** What can be said of it without opening its message. */
function known({ task }: Unrun['head'], { payload }: TaskWire) {
  return { task, replyTo: payload.properties.replyTo }
}
