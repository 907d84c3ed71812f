/**
 * Result records on the wire: the fields, their order and their forms are those of Celery's `_get_result_meta`.
 * Nothing outside this file and `exception-record.ts` knows their spelling.
 */
import { BackendGetMetaError } from '../exceptions.ts'
import { EXCEPTION_STATES, PENDING, READY_STATES, type State } from '../states.ts'
import type { ResultContext, ResultTuple, TaskMeta } from './base.ts'
import { decodeException } from './exception-record.ts'

export interface ResultRecord {
  readonly status: State
  readonly result: unknown
  readonly traceback: string | null
  readonly children: readonly ResultTuple[] | null
  readonly date_done: string | null
  readonly task_id: string
}

export interface RecordInput {
  readonly taskId: string
  readonly status: State
  /** Already an exception record where the state is one of an exception. */
  readonly result: unknown
  readonly traceback: string | null
  readonly request: ResultContext | undefined
  readonly extended: boolean
  readonly now: Date
}

export function toRecord({
  taskId,
  status,
  result,
  traceback,
  request,
  extended,
  now,
}: RecordInput): ResultRecord {
  return {
    status,
    result,
    traceback,
    children: request ? (request.children ?? []) : null,
    date_done: READY_STATES.has(status) ? pythonIsoFormat(now) : null,
    ...(request?.group && { group_id: request.group }),
    ...(request?.parentId && { parent_id: request.parentId }),
    ...(extended && request && extendedFields(request)),
    task_id: taskId,
  }
}

/** What the setting `resultExtended` adds. Stamps lie flat beside the fields, as Celery has them. */
function extendedFields(request: ResultContext): Record<string, unknown> {
  return {
    name: request.task ?? null,
    args: request.args ?? null,
    kwargs: request.kwargs ?? null,
    worker: request.hostname ?? null,
    retries: request.retries ?? null,
    queue: request.deliveryInfo?.routingKey ?? null,
    ...(hasStamps(request) && { stamped_headers: request.stampedHeaders ?? [], ...request.stamps }),
  }
}

function hasStamps({ stamps }: ResultContext): boolean {
  return stamps !== undefined && Object.keys(stamps).length > 0
}

/** `datetime.isoformat()` of an aware UTC time; JavaScript knows milliseconds only. */
function pythonIsoFormat(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000+00:00` // without its Z
}

/** What is said of a task that nothing is known of. */
export function pendingMeta(taskId: string): TaskMeta {
  return { taskId, status: PENDING, result: null, traceback: null, children: [], dateDone: null }
}

export function fromRecord(taskId: string, record: unknown): TaskMeta {
  if (!isObject(record) || typeof record.status !== 'string') {
    throw new BackendGetMetaError(
      `What is stored for task ${taskId} is no result record: it has no status. ` +
        'Forget the result, and look for another program that writes under the same keys.',
    )
  }
  const { status } = record
  const traceback = textOrNull(record.traceback)
  return {
    taskId,
    status,
    result: EXCEPTION_STATES.has(status)
      ? decodeException(record.result, traceback)
      : (record.result ?? null),
    traceback,
    children: Array.isArray(record.children) ? (record.children as ResultTuple[]) : [],
    dateDone: textOrNull(record.date_done),
    ...(typeof record.parent_id === 'string' && { parentId: record.parent_id }),
    ...(typeof record.group_id === 'string' && { groupId: record.group_id }),
    ...('name' in record && 'args' in record && extendedMeta(record)),
  }
}

function extendedMeta(record: Record<string, unknown>): Partial<TaskMeta> {
  return {
    name: textOrNull(record.name),
    args: record.args,
    kwargs: record.kwargs,
    worker: textOrNull(record.worker),
    retries: typeof record.retries === 'number' ? record.retries : null,
    queue: textOrNull(record.queue),
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
