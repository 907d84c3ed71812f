/** Result records as the text that is stored or sent: JSON, whatever keeps it. */
import { EncodeError, registry as serializers } from '@voice-pocket/kombu'
import { BackendGetMetaError } from '../exceptions.ts'
import { EXCEPTION_STATES, type State } from '../states.ts'
import type { StoreOptions, TaskMeta } from './base.ts'
import { encodeException } from './exception-record.ts'
import { fromRecord, toRecord } from './result-meta.ts'

/** A state that is about to be written down; for FAILURE, RETRY and REVOKED `result` is what was thrown. */
export interface StateToWrite extends StoreOptions {
  readonly taskId: string
  readonly result: unknown
  readonly status: State
  readonly extended: boolean
}

/** @throws EncodeError when the result cannot be written. */
export function encodeRecord({
  taskId,
  result,
  status,
  traceback = null,
  request,
  extended,
}: StateToWrite): string {
  const record = toRecord({
    taskId,
    status,
    result: EXCEPTION_STATES.has(status) ? encodeException(result, isEncodable) : result,
    traceback,
    request,
    extended,
    now: new Date(),
  })
  try {
    return serializers.dumps(record, 'json').body.toString()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new EncodeError(`The ${status} result of task ${taskId} cannot be stored: ${reason}`, { cause })
  }
}

/** @param place where the text was found, for the error @throws BackendGetMetaError when it is no record. */
export function decodeRecord(taskId: string, text: string, place: string): TaskMeta {
  let record: unknown
  try {
    record = serializers.loads(Buffer.from(text), 'application/json', 'utf-8', ['json'])
  } catch (cause) {
    throw new BackendGetMetaError(`What ${place} is no JSON; is another program using these keys?`, { cause })
  }
  return fromRecord(taskId, record)
}

/** Whether a value can be written. */
export function isEncodable(value: unknown): boolean {
  try {
    serializers.dumps(value, 'json')
    return true
  } catch {
    return false // whatever the reason, it is the answer
  }
}
