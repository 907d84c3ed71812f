import { setTimeout as delay } from 'node:timers/promises'
import { ErrorReply } from '@redis/client'
import { maskUrl } from '@voice-pocket/kombu'
import { IndexUnavailableError, MalformedMessageError } from '../exceptions.ts'
import { openRedisClient, type RedisClient } from '../redis-client.ts'
import type { Claim, IndexOptions, IndexStore, Parties } from '../speech-index.ts'

/** Somebody else is publishing one message meanwhile, which takes milliseconds. */
const RECHECK_MS = 25

const CLAIM = `
  local known = redis.call('GET', KEYS[1])
  if known then return known end
  if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
  return 0`

// KEYS: the uuid, the claim, the parties. ARGV: the token, the entry, its seconds, the parties; '' stands for none.
// The claim is compared before it is deleted: after it ran out, somebody else's may stand there.
const SETTLE = `
  if ARGV[2] ~= '' then
    local life = ARGV[3] ~= '0' and { 'EX', ARGV[3] } or {}
    if redis.call('SET', KEYS[1], ARGV[2], 'NX', unpack(life)) then
      if ARGV[4] == '' then redis.call('DEL', KEYS[3])
      else redis.call('SET', KEYS[3], ARGV[4], unpack(life)) end
    end
  end
  if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
  return 1`

/** The index in Redis: the key *is* the uuid, the value exactly `{"task_id":"…"}`, for any language to read. */
export class RedisIndexStore implements IndexStore {
  readonly #client: RedisClient
  readonly #expires: string

  static async open(url: string, options: IndexOptions): Promise<RedisIndexStore> {
    const client = await openRedisClient(url, { ...options, name: 'voice-pocket-index' }).catch((cause) => {
      throw new IndexUnavailableError(
        `The index cannot be reached at ${maskUrl(url)}; start Redis there, or correct VOICE_POCKET_INDEX.`,
        { cause },
      )
    })
    return new RedisIndexStore(client, options.expires)
  }

  private constructor(client: RedisClient, expires: number) {
    this.#client = client
    this.#expires = String(expires)
  }

  async get(uuid: string): Promise<string | undefined> {
    const value = await answer(uuid, this.#client.get(uuid))
    return value === null ? undefined : taskIdIn(uuid, value)
  }

  async parties(uuid: string): Promise<Parties | undefined> {
    const value = await answer(uuid, this.#client.get(partiesKey(uuid)))
    return value === null ? undefined : (JSON.parse(value) as Parties)
  }

  async claim(uuid: string, token: string, milliseconds: number): Promise<Claim> {
    const call = { keys: [uuid, claimKey(uuid)], arguments: [token, String(milliseconds)] }
    const reply = await answer(uuid, this.#client.eval(CLAIM, call))
    if (reply === 1) return 'claimed'
    return reply === 0 ? 'busy' : { taskId: taskIdIn(uuid, String(reply)) }
  }

  async settle(uuid: string, token: string, taskId: string | undefined, parties?: Parties): Promise<void> {
    const value = taskId === undefined ? '' : JSON.stringify({ task_id: taskId })
    const keys = [uuid, claimKey(uuid), partiesKey(uuid)]
    const whose = parties === undefined ? '' : JSON.stringify(parties)
    await answer(uuid, this.#client.eval(SETTLE, { keys, arguments: [token, value, this.#expires, whose] }))
  }

  async waitForSettlement(): Promise<void> {
    await delay(RECHECK_MS)
  }

  async close(): Promise<void> {
    if (this.#client.isOpen) await this.#client.close()
  }
}

function claimKey(uuid: string): string {
  return `voice-pocket:claim:${uuid}`
}

/** Beside the entry, whose format is fixed. */
function partiesKey(uuid: string): string {
  return `voice-pocket:parties:${uuid}`
}

/** A key under which somebody else keeps a list or a hash makes Redis say WRONGTYPE; all else may be over soon. */
async function answer<Reply>(uuid: string, reply: Promise<Reply>): Promise<Reply> {
  try {
    return await reply
  } catch (cause) {
    if (cause instanceof ErrorReply && cause.message.includes('WRONGTYPE')) throw uuidTaken(uuid, cause)
    const detail = `The index in Redis gives no answer; look whether Redis runs and takes writes`
    throw new IndexUnavailableError(detail, { cause })
  }
}

function taskIdIn(uuid: string, value: string): string {
  try {
    const { task_id: taskId } = JSON.parse(value) as { task_id?: unknown }
    if (typeof taskId === 'string') return taskId
  } catch (cause) {
    throw uuidTaken(uuid, cause)
  }
  throw uuidTaken(uuid, undefined)
}

function uuidTaken(uuid: string, cause: unknown): MalformedMessageError {
  const detail = `uuid: the Redis key ${uuid} holds something else than {"task_id":"…"}; send another uuid.`
  return new MalformedMessageError('uuid_taken', detail, { uuid }, { cause })
}
