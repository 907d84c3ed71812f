import { createHash } from 'node:crypto'

const SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const NIL = '00000000-0000-0000-0000-000000000000'

/** The namespace of our task ids; drawn once, and never to change. */
const TASK_IDS = '9b1a6a34-6e0b-4f2c-9d53-0e8a5c1f7d26'

/**
 * The uuid in lower case when it is written as RFC 4122 writes one, else undefined. The strictness is a safeguard:
 * the uuid is used as a key in the index, where any other text could overwrite a key of somebody else. The nil uuid
 * is what a field that was never set looks like in many languages; two such callers would hear each other.
 */
export function readUuid(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const uuid = value.toLowerCase()
  return SHAPE.test(uuid) && uuid !== NIL ? uuid : undefined
}

/**
 * The id of the task that serves a request: always the same for the same uuid. A crash between starting the task
 * and writing its id down can then only start the same task again, never a second one.
 */
export function taskIdFor(uuid: string): string {
  return uuidV5(TASK_IDS, uuid)
}

/** Under which the parts of a long speech tell how far they are; not a task, but a record among those of tasks. */
export function partsIdFor(taskId: string): string {
  return uuidV5(TASK_IDS, `${taskId}/parts`)
}

/** Name-based, https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-5 */
export function uuidV5(namespace: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex', 0, 16)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
