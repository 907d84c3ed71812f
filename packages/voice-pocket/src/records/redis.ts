import { randomUUID } from 'node:crypto'
import { maskUrl } from '@voice-pocket/kombu'
import { RecordsUnavailableError } from '../exceptions.ts'
import type { BoundedCount, Count, RecordStore, StoredRecord } from '../records.ts'
import { openRedisClient, type RedisClient } from '../redis-client.ts'

/** Keys of all records, each with the score 0, so that Redis keeps them in the order of their bytes. */
const KEYS = 'voice-pocket:records'
const RECORD = 'voice-pocket:record:'
const COUNT = 'voice-pocket:count:'
const LOG = 'voice-pocket:log:'

// KEYS: the record, all keys. ARGV: its name, the version expected, the new one, the value; '' stands for none.
const SWAP = `
  local version = redis.call('HGET', KEYS[1], 'version') or ''
  if version ~= ARGV[2] then return 0 end
  if ARGV[4] == '' then
    redis.call('DEL', KEYS[1])
    redis.call('ZREM', KEYS[2], ARGV[1])
  else
    redis.call('HSET', KEYS[1], 'version', ARGV[3], 'value', ARGV[4])
    redis.call('ZADD', KEYS[2], 0, ARGV[1])
  end
  return 1`

// ARGV: what is added, the window, and the limit, if there is one.
const COUNTING = `
  if ARGV[3] then
    local present = tonumber(redis.call('GET', KEYS[1]) or '0')
    if present + tonumber(ARGV[1]) > tonumber(ARGV[3]) then
      local left = redis.call('PTTL', KEYS[1])
      return { tostring(present), left < 0 and tonumber(ARGV[2]) or left, 0 }
    end
  end
  local total = redis.call('INCRBYFLOAT', KEYS[1], ARGV[1])
  local left = redis.call('PTTL', KEYS[1])
  if left < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    left = tonumber(ARGV[2])
  end
  return { total, left, 1 }`

const UNCOUNT = `
  local present = tonumber(redis.call('GET', KEYS[1]) or '0')
  if present <= 0 then return '0' end
  return redis.call('INCRBYFLOAT', KEYS[1], -math.min(present, tonumber(ARGV[1])))`

/** Records in Redis, for all processes of a cluster. */
export class RedisRecordStore implements RecordStore {
  readonly #client: RedisClient

  static async open(
    url: string,
    options: { onConnectionError(error: Error): void },
  ): Promise<RedisRecordStore> {
    const client = await openRedisClient(url, { ...options, name: 'voice-pocket-records' }).catch((cause) => {
      throw new RecordsUnavailableError(
        `The records cannot be reached at ${maskUrl(url)}; start Redis there, or correct VOICE_POCKET_INDEX.`,
        { cause },
      )
    })
    return new RedisRecordStore(client)
  }

  private constructor(client: RedisClient) {
    this.#client = client
  }

  async get(key: string): Promise<StoredRecord | undefined> {
    return toRecord(key, await answer(this.#client.hGetAll(RECORD + key)))
  }

  async swap(key: string, version: string | undefined, value: unknown): Promise<boolean> {
    const text = value === undefined ? '' : JSON.stringify(value)
    const call = { keys: [RECORD + key, KEYS], arguments: [key, version ?? '', randomUUID(), text] }
    return (await answer(this.#client.eval(SWAP, call))) === 1
  }

  async list(prefix: string): Promise<StoredRecord[]> {
    // In the order of bytes, 0xff is above all of UTF-8.
    const end = Buffer.concat([Buffer.from(`(${prefix}`), Buffer.from([0xff])])
    const keys = await answer(this.#client.zRangeByLex(KEYS, `[${prefix}`, end))
    const records = await Promise.all(keys.map((key) => this.get(key)))
    return records.filter((record) => record !== undefined)
  }

  async count(key: string, by: number, windowMs: number): Promise<Count> {
    const { total, resetsInMs } = await this.#count(key, [by, windowMs])
    return { total, resetsInMs }
  }

  countUpTo(key: string, by: number, windowMs: number, limit: number): Promise<BoundedCount> {
    return this.#count(key, [by, windowMs, limit])
  }

  async uncount(key: string, by: number): Promise<number> {
    const call = { keys: [COUNT + key], arguments: [String(by)] }
    return Number(await answer(this.#client.eval(UNCOUNT, call)))
  }

  async append(key: string, entry: unknown, keep: number): Promise<void> {
    const transaction = this.#client.multi().lPush(LOG + key, JSON.stringify(entry))
    await answer(transaction.lTrim(LOG + key, 0, keep - 1).exec())
  }

  async entries(key: string, limit: number): Promise<unknown[]> {
    const entries = await answer(this.#client.lRange(LOG + key, 0, limit - 1))
    return entries.map((entry) => JSON.parse(entry))
  }

  async erase(key: string): Promise<void> {
    await answer(this.#client.del(LOG + key))
  }

  async now(): Promise<number> {
    const [seconds, microseconds] = await answer(this.#client.time())
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
  }

  async close(): Promise<void> {
    if (this.#client.isOpen) await this.#client.close()
  }

  async #count(key: string, numbers: readonly number[]): Promise<BoundedCount> {
    const call = { keys: [COUNT + key], arguments: numbers.map(String) }
    const [total, resetsInMs, counted] = (await answer(this.#client.eval(COUNTING, call))) as unknown[]
    return { total: Number(total), resetsInMs: Number(resetsInMs), counted: counted === 1 }
  }
}

function toRecord(key: string, { value, version }: { [field: string]: string }): StoredRecord | undefined {
  return value === undefined || version === undefined ? undefined : { key, value: JSON.parse(value), version }
}

async function answer<Reply>(reply: Promise<Reply>): Promise<Reply> {
  try {
    return await reply
  } catch (cause) {
    throw new RecordsUnavailableError(
      'The records in Redis give no answer; look whether Redis runs and takes writes.',
      { cause },
    )
  }
}
