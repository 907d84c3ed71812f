import { type Celery, InvalidTaskError, type SignalledTask } from '@voice-pocket/celery'
import { SerializationError } from '@voice-pocket/kombu'
import type { Notices } from './notices.ts'
import { subjectOf, TEXT_TO_SPEECH } from './speech-task.ts'
import { speechKey } from './storage/key.ts'

/** What is needed to tell it. */
export interface OutcomeVerbs {
  readonly notices: Notices
  /** Where the finished speech is, for whoever gets the notice. */
  urlOf(key: string, uuid: string): string
}

/** A task whose notice was not sent is not done: its message is not acknowledged. */
const REQUIRED = { isRequired: true }

/**
 * Sends a notice for every speech task that ends in a worker of this app, however it ends. The worker waits for it
 * before it acknowledges the task's message: after a crash in between the task runs again, and tells again.
 */
export function tellHowTasksEnd(app: Celery, { notices, urlOf }: OutcomeVerbs): void {
  const { taskSuccess, taskFailure, taskRevoked } = app.signals
  taskSuccess.connect(async ({ task }) => {
    const subject = subjectOfTask(task)
    if (subject === undefined) return
    const key = speechKey(subject.requestTo, subject.uuid)
    await notices.succeeded(subject, { key, url: urlOf(key, subject.uuid) })
  }, REQUIRED)
  taskFailure.connect(async ({ task, exception }) => {
    const subject = subjectOfTask(task)
    if (subject !== undefined) await notices.failed(subject, exception)
  }, REQUIRED)
  taskRevoked.connect(async ({ task, expired }) => {
    const subject = subjectOfTask(task)
    if (subject !== undefined) await notices.revoked(subject, expired ? 'It expired.' : 'It was cancelled.')
  }, REQUIRED)
}

function subjectOfTask(task: SignalledTask) {
  if (task.name !== TEXT_TO_SPEECH) return undefined
  const call = readArguments(task)
  const subject = call && subjectOf(call.args, call.kwargs)
  return subject && { ...subject, taskId: task.id }
}

/** `undefined` when its message cannot be read: whom it is about is not known, and the worker has logged it. */
function readArguments(task: SignalledTask) {
  try {
    return task.arguments()
  } catch (error) {
    if (error instanceof InvalidTaskError || error instanceof SerializationError) return undefined
    throw error
  }
}
