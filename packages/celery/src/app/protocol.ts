/**
 * Task messages on the wire: protocol 2 written and read, protocol 1 read. The only file that knows the
 * headers' snake_case names. Formats: https://docs.celeryq.dev/en/stable/internals/protocol.html, except that
 * `timelimit` is [hard, soft], as Celery's code has it.
 */
import { type Payload, readPayload } from '@voice-pocket/kombu'
import { InvalidTaskError } from '../exceptions.ts'
import type { Context, DeliveryInfo } from './context.ts'
import {
  asList,
  asTable,
  isTable,
  listOf,
  optionalText,
  requiredText,
  time,
  timelimit,
  wholeNumber,
} from './message-fields.ts'
import { reprArgs, reprKwargs } from './python-repr.ts'

/** A call that is about to be sent: everything resolved, nothing optional that the wire needs. */
export interface TaskCall {
  readonly id: string
  readonly task: string
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
  readonly eta?: string | undefined
  readonly expires?: string | undefined
  readonly retries?: number
  readonly rootId?: string | undefined
  readonly parentId?: string | undefined
  readonly group?: string | undefined
  readonly groupIndex?: number | undefined
  readonly shadow?: string | undefined
  readonly timelimit?: readonly [number | undefined, number | undefined]
  readonly origin: string
  readonly ignoreResult?: boolean | undefined
  readonly replacedTaskNesting?: number
  readonly callbacks?: readonly unknown[] | undefined
  readonly errbacks?: readonly unknown[] | undefined
  readonly chain?: readonly unknown[] | undefined
  readonly chord?: unknown
  readonly stampedHeaders?: readonly string[] | undefined
  readonly stamps?: Readonly<Record<string, unknown>> | undefined
  readonly headers?: Readonly<Record<string, unknown>>
}

/** A task message as it lies in a queue, whatever brought it; it can cross to a child process as it is. */
export interface TaskWire {
  readonly payload: Payload
  readonly deliveryInfo: DeliveryInfo
  readonly hostname: string
  /** It never was in a queue. */
  readonly isEager?: boolean
}

/** What the headers alone tell: enough to decide what to do with a message. */
export interface TaskHead {
  readonly id: string
  readonly task: string
  /** What logs and monitors are to call it. */
  readonly shadow: string | undefined
  readonly eta: string | undefined
  readonly expires: string | undefined
  readonly retries: number
  readonly timelimit: readonly [number | undefined, number | undefined]
  readonly rootId: string
  readonly parentId: string | undefined
}

const KNOWN_HEADERS = new Set([
  'lang', 'task', 'id', 'shadow', 'eta', 'expires', 'group', 'group_index', 'retries', 'timelimit', 'root_id',
  'parent_id', 'argsrepr', 'kwargsrepr', 'origin', 'ignore_result', 'replaced_task_nesting', 'stamped_headers',
  'stamps', 'compression',
]) // biome-ignore format: one table

/** RabbitMQ's record of where a message was; sent on, it makes the broker drop the message as one that goes in circles. */
const BROKER_HEADERS = /^x-(?:death|first-death-|last-death-|delivery-count|acquired-count)/

function withoutBrokerHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !BROKER_HEADERS.test(name)))
}

export function writeTask(call: TaskCall): { headers: Record<string, unknown>; body: unknown } {
  return {
    headers: {
      ...withoutBrokerHeaders(call.headers ?? {}),
      ...call.stamps,
      lang: 'js',
      task: call.task,
      id: call.id,
      shadow: call.shadow ?? null,
      eta: call.eta ?? null,
      expires: call.expires ?? null,
      group: call.group ?? null,
      group_index: call.groupIndex ?? null,
      retries: call.retries ?? 0,
      timelimit: [call.timelimit?.[0] ?? null, call.timelimit?.[1] ?? null],
      root_id: call.rootId ?? call.id,
      parent_id: call.parentId ?? null,
      argsrepr: reprArgs(call.args),
      kwargsrepr: reprKwargs(call.kwargs),
      origin: call.origin,
      ignore_result: call.ignoreResult ?? false,
      replaced_task_nesting: call.replacedTaskNesting ?? 0,
      stamped_headers: call.stampedHeaders ?? null,
      stamps: call.stamps ?? {},
    },
    body: [
      call.args,
      call.kwargs,
      {
        callbacks: call.callbacks ?? null,
        errbacks: call.errbacks ?? null,
        chain: call.chain ?? null,
        chord: call.chord ?? null,
      },
    ],
  }
}

/** What the event `task-sent` says of a message with these headers. */
export function sentFields(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { id: uuid, task: name, argsrepr: args, kwargsrepr: kwargs } = headers
  const { root_id, parent_id, retries, eta, expires } = headers
  return { uuid, name, args, kwargs, root_id, parent_id, retries, eta, expires }
}

/** What the event `task-received` says of a message; of protocol 1 the arguments stay in the body, as in Celery. */
export function receivedFields({ headers }: Payload, head: TaskHead): Record<string, unknown> {
  const { argsrepr: args = '', kwargsrepr: kwargs = '' } = headers
  const { id: uuid, rootId: root_id, parentId: parent_id = null, retries } = head
  const name = head.shadow ?? head.task
  const [eta, expires] = [pythonTime(head.eta), pythonTime(head.expires)]
  return { uuid, name, args, kwargs, root_id, parent_id, retries, eta, expires }
}

/** As Python's `isoformat` has it, which knows no Z. */
const pythonTime = (iso: string | undefined) => iso?.replace(/Z$/i, '+00:00') ?? null

/**
 * Reads what the headers say; the body stays closed, unless the message is of protocol 1, which has all in it.
 * @throws InvalidTaskError when it is no task message. @throws SerializationError from a protocol 1 body.
 */
export function readHead(payload: Payload, accept: readonly string[]): TaskHead {
  const fields = 'task' in payload.headers ? payload.headers : bodyOfProtocol1(payload, accept)
  const id = requiredText(fields, 'id')
  return {
    id,
    task: requiredText(fields, 'task'),
    shadow: optionalText(fields.shadow),
    eta: time(fields, 'eta'),
    expires: time(fields, 'expires'),
    retries: wholeNumber(fields.retries, 'retries') ?? 0,
    timelimit: timelimit(fields.timelimit),
    rootId: optionalText(fields.root_id) ?? id,
    parentId: optionalText(fields.parent_id),
  }
}

/**
 * Opens the whole message.
 * @throws InvalidTaskError, or SerializationError (ContentDisallowed, DecodeError) from the body.
 */
export function readTask(wire: TaskWire, accept: readonly string[], signal: AbortSignal): Context {
  const { payload } = wire
  const head = readHead(payload, accept)
  const isProtocol2 = 'task' in payload.headers
  const body = isProtocol2 ? bodyOfProtocol2(payload, accept) : bodyOfProtocol1Parts(payload, accept)
  const headers = isProtocol2 ? payload.headers : body.fields
  return {
    ...head,
    args: body.args,
    kwargs: body.kwargs,
    group: optionalText(headers.group ?? headers.taskset),
    groupIndex: wholeNumber(headers.group_index, 'group_index'),
    origin: optionalText(headers.origin),
    ignoreResult: typeof headers.ignore_result === 'boolean' ? headers.ignore_result : undefined,
    replyTo: payload.properties.replyTo || undefined,
    correlationId: payload.properties.correlationId,
    headers: ownHeaders(payload.headers),
    deliveryInfo: wire.deliveryInfo,
    properties: payload.properties,
    isEager: wire.isEager ?? false,
    calledDirectly: false,
    utc: true,
    children: [],
    hostname: wire.hostname,
    callbacks: listOf(body.embed.callbacks, 'callbacks'),
    errbacks: listOf(body.embed.errbacks, 'errbacks'),
    chain: listOf(body.embed.chain, 'chain'),
    chord: body.embed.chord ?? undefined,
    replacedTaskNesting: wholeNumber(headers.replaced_task_nesting, 'replaced_task_nesting') ?? 0,
    stampedHeaders: asList(headers.stamped_headers).map(String),
    stamps: asTable(headers.stamps ?? {}, 'stamps'),
    signal,
  }
}

/** Those of the sender's own: nearly always none. */
function ownHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = Object.keys(headers).filter((name) => !KNOWN_HEADERS.has(name))
  return Object.fromEntries(names.map((name) => [name, headers[name]]))
}

interface Body {
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
  readonly embed: Readonly<Record<string, unknown>>
  readonly fields: Readonly<Record<string, unknown>>
}

function bodyOfProtocol2(payload: Payload, accept: readonly string[]): Body {
  const body = readPayload(payload, { accept })
  if (isTable(body) && 'args' in body) return bodyFromFields(body) // Celery reads this hybrid as well.
  if (!Array.isArray(body) || body.length !== 3) {
    throw new InvalidTaskError(
      'The body of a task message must be [args, kwargs, embed], as protocol 2 has it.',
    )
  }
  const [args, kwargs, embed] = body as [unknown, unknown, unknown]
  if (!Array.isArray(args))
    throw new InvalidTaskError('The body of a task message must have a list of arguments.')
  return { args, kwargs: asTable(kwargs, 'kwargs'), embed: asTable(embed ?? {}, 'embed'), fields: {} }
}

function bodyOfProtocol1(payload: Payload, accept: readonly string[]): Readonly<Record<string, unknown>> {
  const body = readPayload(payload, { accept })
  if (isTable(body) && typeof body.task === 'string') return body
  throw new InvalidTaskError(
    "This is no task message: it has neither the header 'task' (protocol 2) nor a body with 'task' (protocol 1).",
  )
}

function bodyOfProtocol1Parts(payload: Payload, accept: readonly string[]): Body {
  return bodyFromFields(bodyOfProtocol1(payload, accept))
}

function bodyFromFields(fields: Readonly<Record<string, unknown>>): Body {
  if (!Array.isArray(fields.args ?? []))
    throw new InvalidTaskError("'args' of a task message must be a list.")
  return {
    args: asList(fields.args),
    kwargs: asTable(fields.kwargs ?? {}, 'kwargs'),
    embed: {
      callbacks: fields.callbacks,
      errbacks: fields.errbacks,
      chain: fields.chain,
      chord: fields.chord,
    },
    fields,
  }
}
