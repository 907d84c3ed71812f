import { type Celery, InvalidTaskError, type SignalledTask } from '@voice-pocket/celery'
import { SerializationError } from '@voice-pocket/kombu'
import { StorageError } from './exceptions.ts'
import type { NoticeSubject, Notices } from './notices.ts'
import { JOIN_SPEECH, SPEAK_PART, subjectOf, TEXT_TO_SPEECH } from './speech-task.ts'
import { speechKey } from './storage/key.ts'
import { PARTS_SPOKEN_HERE, type WholeSpeech } from './tasks/long-speech.ts'

/** What is needed to tell it. */
export interface OutcomeVerbs {
  readonly notices: Notices
  /** Where the finished speech is, for whoever gets the notice. */
  urlOf(key: string, uuid: string): string
  /** The parts of a speech that will never be whole. */
  discardParts(whole: Pick<WholeSpeech, 'key' | 'parts'>): Promise<void>
}

const subjectOfWhole = ([whole]: readonly unknown[]) => {
  const { taskId, ...fields } = (whole ?? {}) as WholeSpeech
  const subject = subjectOf([], fields)
  return subject && { ...subject, taskId }
}

/** Whom a task is about: for the tasks that can be the good end of a request, */
const ENDS: Subjects = { [TEXT_TO_SPEECH]: subjectOf, [JOIN_SPEECH]: subjectOfWhole }
/** and for those that can be its end at all: with the child that spoke a part, the whole may be lost. */
const BAD_ENDS: Subjects = { ...ENDS, [SPEAK_PART]: subjectOfWhole }

type Subjects = Readonly<Record<string, typeof subjectOf | typeof subjectOfWhole>>

/** A task whose notice was not sent is not done: its message is not acknowledged. */
const REQUIRED = { isRequired: true }

/**
 * Sends a notice for every speech task that ends in a worker of this app, however it ends. The worker waits for it
 * before it acknowledges the task's message: after a crash in between the task runs again, and tells again.
 */
export function tellHowTasksEnd(app: Celery, { notices, urlOf, discardParts }: OutcomeVerbs): void {
  const discard = async (
    task: SignalledTask,
    { requestTo, uuid }: Pick<NoticeSubject, 'requestTo' | 'uuid'>,
  ) => {
    const here = { key: speechKey(requestTo, uuid), parts: PARTS_SPOKEN_HERE }
    const whole = task.name === TEXT_TO_SPEECH ? here : (readArguments(task)?.args[0] as WholeSpeech)
    await discardParts(whole).catch(leftForTheSweeper)
  }
  const { taskSuccess, taskFailure, taskRevoked } = app.signals
  taskSuccess.connect(async ({ task }) => {
    const subject = subjectOfTask(task, ENDS)
    if (subject === undefined) return
    const key = speechKey(subject.requestTo, subject.uuid)
    await notices.succeeded(subject, { key, url: urlOf(key, subject.uuid) })
  }, REQUIRED)
  taskFailure.connect(async ({ task, exception }) => {
    const subject = subjectOfTask(task, BAD_ENDS)
    if (subject === undefined) return
    await discard(task, subject)
    await notices.failed(subject, exception)
  }, REQUIRED)
  taskRevoked.connect(async ({ task, expired }) => {
    const subject = subjectOfTask(task, BAD_ENDS)
    if (subject === undefined) return
    await discard(task, subject)
    await notices.revoked(subject, expired ? 'It expired.' : 'It was cancelled.')
  }, REQUIRED)
}

/** Who is to be told that a request failed does not wait for a storage that is away; it may be why. */
function leftForTheSweeper(error: unknown): void {
  if (!(error instanceof StorageError)) throw error
}

function subjectOfTask(task: SignalledTask, subjects: Subjects) {
  const subjectOfCall = subjects[task.name]
  const call = subjectOfCall && readArguments(task)
  const subject = call && subjectOfCall(call.args, call.kwargs)
  return subject && { taskId: task.id, ...subject }
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
