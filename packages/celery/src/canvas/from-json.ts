import type { Celery } from '../app/celery.ts'
import { InvalidTaskError } from '../exceptions.ts'
import { Chain } from './chain.ts'
import { Chord } from './chord.ts'
import type { AnySignature } from './fitting.ts'
import { Group } from './group.ts'
import { MAX_DEPTH, tooDeep } from './limits.ts'
import { Signature } from './signature.ts'
import { optionsFromJson } from './signature-json.ts'
import { upgrade } from './upgrade.ts'

type Table = Readonly<Record<string, unknown>>

/**
 * A signature as it came over the wire, from whichever client.
 * @throws InvalidTaskError when it is none. @throws CanvasError when it is nested too deep.
 */
export function signatureFromJson(value: unknown, app: Celery, depth = 0): AnySignature {
  if (value instanceof Signature) return value
  if (depth > MAX_DEPTH) throw tooDeep()
  const json = table(value, 'A signature')
  const read = (part: unknown) => signatureFromJson(part, app, depth + 1)
  const signature = readKind(json, app, read)
  signature.options = {
    ...signature.options,
    ...optionsFromJson(table(json.options ?? {}, "'options'"), read),
  }
  signature.args = list(json.args ?? [], "'args'")
  signature.immutable = json.immutable === true
  return signature instanceof Chord ? withIds(signature) : signature
}

function readKind(json: Table, app: Celery, read: (part: unknown) => AnySignature): AnySignature {
  const kwargs = table(json.kwargs ?? {}, "'kwargs'")
  switch (json.subtask_type ?? null) {
    case 'chain':
      return new Chain(upgrade(list(kwargs.tasks, "'tasks' of a chain").map(read)), { app }) as AnySignature
    case 'group':
      return new Group(list(kwargs.tasks, "'tasks' of a group").map(read), { app }) as AnySignature
    case 'chord':
      return readChord(kwargs, app, read)
    default: // Celery's classes for map, starmap and chunks travel as tasks
      return new Signature({ app, task: name(json.task), kwargs })
  }
}

/** Celery writes a header as a list, or once it is frozen as a group. */
function readChord(
  { header, body, kwargs }: Table,
  app: Celery,
  read: (part: unknown) => AnySignature,
): AnySignature {
  const whole = Array.isArray(header) ? undefined : read(header)
  const tasks =
    whole instanceof Group ? whole.tasks : whole ? [whole] : (header as readonly unknown[]).map(read)
  const chord = new Chord(tasks, read(body), { app }) as AnySignature
  chord.kwargs = table(kwargs ?? {}, "'kwargs' of a chord")
  return chord
}

/** What is written as a chord's id is its header's; one that was set before sending is also its body's. */
function withIds(chord: Chord): AnySignature {
  const { taskId, ...options } = chord.options
  chord.options = options
  if (taskId !== undefined) {
    chord.header.options = { ...chord.header.options, taskId }
    if (chord.body.id === undefined) chord.body.bind({ options: { taskId } })
  }
  return chord as AnySignature
}

function name(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new InvalidTaskError(`'task' of a signature must be the name of a task; it is ${text(value)}.`)
}

function table(value: unknown, what: string): Table {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Table
  throw new InvalidTaskError(`${what} in a canvas must be an object; it is ${text(value)}.`)
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new InvalidTaskError(`${what} in a canvas must be a list; it is ${text(value)}.`)
}

const text = (value: unknown) => (JSON.stringify(value) ?? 'missing').slice(0, 200)
