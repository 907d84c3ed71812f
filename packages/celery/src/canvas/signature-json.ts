/** Signatures on the wire: the only file that knows how Celery spells their options. */
import { toSnakeCase } from '../app/setting.ts'
import type { AnySignature } from './fitting.ts'
import type { SignatureOptions } from './signature.ts'

export interface SignatureJson {
  readonly task: string
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
  readonly options: Readonly<Record<string, unknown>>
  readonly subtask_type: string | null
  readonly immutable: boolean
}

const SPELLING = {
  countdown: 'countdown',
  eta: 'eta',
  expires: 'expires',
  taskId: 'task_id',
  rootId: 'root_id',
  parentId: 'parent_id',
  groupId: 'group_id',
  groupIndex: 'group_index',
  queue: 'queue',
  exchange: 'exchange',
  routingKey: 'routing_key',
  priority: 'priority',
  serializer: 'serializer',
  compression: 'compression',
  deliveryMode: 'delivery_mode',
  headers: 'headers',
  shadow: 'shadow',
  ignoreResult: 'ignore_result',
  retries: 'retries',
  retry: 'retry',
  timeout: 'timeout',
  replyTo: 'reply_to',
  timeLimit: 'time_limit',
  softTimeLimit: 'soft_time_limit',
  replacedTaskNesting: 'replaced_task_nesting',
  retryPolicy: 'retry_policy',
} as const

type Spelled = keyof typeof SPELLING

const NAMES = new Map<string, Spelled>(
  Object.entries(SPELLING).map(([name, spelt]) => [spelt, name as Spelled]),
)

/** Options as Celery spells them. Stamps lie flat among them, named by `stamped_headers`. */
export function optionsToJson(options: SignatureOptions): Readonly<Record<string, unknown>> {
  const { link, linkError, chain, chord, stamps, retryPolicy, foreign } = options
  const plain = Object.entries(SPELLING)
    .map(([name, spelt]) => [spelt, options[name as Spelled]] as const)
    .filter(([, value]) => value !== undefined)
  return {
    ...foreign,
    ...stamps,
    ...(stamps && { stamped_headers: Object.keys(stamps) }),
    ...Object.fromEntries(plain),
    ...(retryPolicy && { retry_policy: snakeCased(retryPolicy) }),
    ...(link && { link: link.map(encode) }),
    ...(linkError && { link_error: linkError.map(encode) }),
    ...(chain && { chain: chain.map(encode) }),
    ...(chord && { chord: encode(chord) }),
  }
}

/** The other way; `read` makes a signature of each one that is among the options. */
export function optionsFromJson(
  json: Readonly<Record<string, unknown>>,
  read: (value: unknown) => AnySignature,
): SignatureOptions {
  const { link, link_error: linkError, chain, chord, stamped_headers: stamped, ...plain } = json
  const stampNames = new Set(Array.isArray(stamped) ? stamped.map(String) : [])
  const options: Record<string, unknown> = {}
  const stamps: Record<string, unknown> = {}
  const foreign: Record<string, unknown> = {}
  for (const [spelt, value] of Object.entries(plain)) {
    const name = NAMES.get(spelt)
    if (value === null || value === undefined) continue
    if (stampNames.has(spelt)) stamps[spelt] = value
    else if (name) options[name] = value
    else foreign[spelt] = value
  }
  return {
    ...options,
    ...(stampNames.size > 0 && { stamps }),
    ...(Object.keys(foreign).length > 0 && { foreign }),
    ...(link !== undefined && link !== null && { link: readList(link, read) }),
    ...(linkError !== undefined && linkError !== null && { linkError: readList(linkError, read) }),
    ...(Array.isArray(chain) && { chain: chain.map(read) }),
    ...(chord !== undefined && chord !== null && { chord: read(chord) }),
  }
}

const snakeCased = (policy: object) =>
  Object.fromEntries(Object.entries(policy).map(([name, value]) => [toSnakeCase(name), value]))

const encode = (signature: AnySignature) => signature.encode()

/** Celery takes one callback for a list of one. */
const readList = (value: unknown, read: (value: unknown) => AnySignature) =>
  (Array.isArray(value) ? value : [value]).map(read)
