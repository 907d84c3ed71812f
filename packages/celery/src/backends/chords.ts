/** How the parts of a chord are counted in a result backend, in the keys that Python's Celery has for it in Redis. */
import { registry as serializers } from '@voice-pocket/kombu'
import { BackendGetMetaError } from '../exceptions.ts'
import { EXCEPTION_STATES, type State } from '../states.ts'
import { decodeException, encodeException } from './exception-record.ts'
import { GROUP_KEYPREFIX } from './keys.ts'
import type { ResolvedBackendOptions } from './options.ts'
import { isEncodable } from './record-text.ts'
import type { CountingStore } from './store.ts'

/** One call of a chord's header that has ended. */
export interface ChordPart {
  readonly taskId: string
  readonly status: State
  /** Its value, or what it threw. */
  readonly result: unknown
}

export interface ChordPlace {
  readonly groupId: string
  /** Where in the list of values it belongs; without one, at the end. */
  readonly groupIndex: number | undefined
}

/** Counts the calls of headers that have ended, over all workers. */
export interface ChordCounter {
  /** Before the first call of the header is sent: how many will end. */
  open(groupId: string, size: number): Promise<void>

  /** So many more will end than was said. */
  extend(groupId: string, by: number): Promise<void>

  /** Notes a part, once however often it is noted. Returns all of them in order, if they are all there now. */
  add(place: ChordPlace, part: ChordPart): Promise<readonly ChordPart[] | undefined>

  /** After the body was sent, or will never be. */
  close(groupId: string): Promise<void>
}

export class KeyValueChords implements ChordCounter {
  readonly #store: CountingStore
  readonly #prefix: string
  readonly #expiresSeconds: number

  constructor(store: CountingStore, { globalKeyprefix, expiresSeconds }: ResolvedBackendOptions) {
    this.#store = store
    this.#prefix = `${globalKeyprefix}${GROUP_KEYPREFIX}`
    this.#expiresSeconds = expiresSeconds
  }

  async open(groupId: string, size: number): Promise<void> {
    await this.#store.put(this.#keys(groupId).size, String(size), this.#expiresSeconds)
  }

  async extend(groupId: string, by: number): Promise<void> {
    await this.#store.increment(this.#keys(groupId).added, by)
  }

  async add(
    { groupId, groupIndex = Number.POSITIVE_INFINITY }: ChordPlace,
    part: ChordPart,
  ): Promise<readonly ChordPart[] | undefined> {
    const keys = this.#keys(groupId)
    const { count, size, added } = await this.#store.gather(
      keys,
      encode(part),
      groupIndex,
      this.#expiresSeconds,
    )
    if (size === undefined || count !== Number(size) + Number(added ?? 0)) return undefined
    return (await this.#store.gathered(keys.parts)).map((text) => decode(text, groupId))
  }

  async close(groupId: string): Promise<void> {
    const { parts, added, size } = this.#keys(groupId)
    await this.#store.delete(parts, added, size)
  }

  #keys(groupId: string) {
    const key = `${this.#prefix}${groupId}`
    return { parts: `${key}.j`, added: `${key}.t`, size: `${key}.s` }
  }
}

function encode({ taskId, status, result }: ChordPart): string {
  const value = EXCEPTION_STATES.has(status) ? encodeException(result, isEncodable) : result
  return serializers.dumps([1, taskId, status, value], 'json').body.toString()
}

function decode(text: string, groupId: string): ChordPart {
  const part = serializers.loads(Buffer.from(text), 'application/json', 'utf-8', ['json'])
  if (!Array.isArray(part) || typeof part[1] !== 'string' || typeof part[2] !== 'string') {
    throw new BackendGetMetaError(`A part of the chord ${groupId} is none: ${text.slice(0, 200)}`)
  }
  const [, taskId, status, value] = part as [unknown, string, State, unknown]
  return { taskId, status, result: EXCEPTION_STATES.has(status) ? decodeException(value, null) : value }
}
