/**
 * What must happen in one step, in Lua, which Redis runs with nobody in between. Time is the server's, so that the
 * clocks of workers do not matter among ours.
 */
import { createHash } from 'node:crypto'
import { ErrorReply, RESP_TYPES } from '@redis/client'
import type { RedisClient } from './connection.ts'

/** As bytes: what foreign programs put into a queue need not be text. */
export const BUFFERS = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }

class Script<Reply> {
  readonly #source: string
  readonly #sha: string

  constructor(source: string) {
    this.#source = source
    this.#sha = createHash('sha1').update(source).digest('hex')
  }

  async run(
    client: RedisClient,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args.map(String)]
    try {
      return await client.sendCommand<Reply>(['EVALSHA', this.#sha, ...rest], BUFFERS)
    } catch (error) {
      if (!(error instanceof ErrorReply) || !error.message.startsWith('NOSCRIPT')) throw error
      return client.sendCommand<Reply>(['EVAL', this.#source, ...rest], BUFFERS)
    }
  }
}

const NOW = `
  local clock = redis.call('TIME')
  local now = clock[1] + clock[2] / 1000000
`

/**
 * Takes up to ARGV[1] messages from the lists KEYS[3…], and records each in the ledger under the tag ARGV[2] and its
 * number, with ARGV[3] as the rest of Kombu's \`[message, exchange, routing key]\`. What is no JSON object gets an
 * envelope on the spot, because Python, when it restores, loses anything else.
 */
export const CLAIM = new Script<Buffer[]>(`
  ${NOW}
  local function message(raw, tag)
    if string.byte(raw, 1) == 123 and string.byte(raw, -1) == 125 then return raw end
    return '{"body":' .. cjson.encode(raw) .. ',"headers":{},"properties":{"body_encoding":"utf-8","priority":0,'
      .. '"delivery_info":{"exchange":"","routing_key":""},"delivery_tag":"' .. tag .. '"}}'
  end
  local score = string.format('%.6f', now)
  local claimed = {}
  for key = 3, #KEYS do
    while #claimed < tonumber(ARGV[1]) do
      local raw = redis.call('RPOP', KEYS[key])
      if not raw then break end
      local tag = ARGV[2] .. #claimed
      redis.call('HSET', KEYS[1], tag, '[' .. message(raw, tag) .. ARGV[3])
      redis.call('ZADD', KEYS[2], score, tag)
      claimed[#claimed + 1] = raw
    end
  end
  return claimed
`)

/**
 * Puts messages at the front of their lists and takes them out of the ledger, but for those that somebody has settled,
 * or (where ARGV[1] is a time) has taken or renewed after that. For each there are three ARGV: its tag, the message,
 * and the numbers of its lists among the KEYS. In one step, so that nobody meets the last before the first is back.
 */
export const RESTORE = new Script<number>(`
  local before = tonumber(ARGV[1])
  local restored = 0
  for at = 2, #ARGV, 3 do
    local tag = ARGV[at]
    local score = before and tonumber(redis.call('ZSCORE', KEYS[2], tag) or 0)
    if not (score and score > before) then
      if redis.call('HEXISTS', KEYS[1], tag) == 1 then
        for key in string.gmatch(ARGV[at + 2], '%d+') do
          redis.call('RPUSH', KEYS[tonumber(key)], ARGV[at + 1])
        end
        redis.call('HDEL', KEYS[1], tag)
        restored = restored + 1
      end
      redis.call('ZREM', KEYS[2], tag)
    end
  end
  return restored
`)

/** Forgets the messages ARGV. Lua gives a command no more than some thousand arguments at once. */
export const ACK = new Script<number>(`
  for at = 1, #ARGV, 1000 do
    local last = math.min(at + 999, #ARGV)
    redis.call('ZREM', KEYS[2], unpack(ARGV, at, last))
    redis.call('HDEL', KEYS[1], unpack(ARGV, at, last))
  end
  return #ARGV
`)

/** Says that the messages ARGV are still held: as if they had been taken just now. */
export const RENEW = new Script<number>(`
  ${NOW}
  local score = string.format('%.6f', now)
  for at = 1, #ARGV do redis.call('ZADD', KEYS[1], 'XX', score, ARGV[at]) end
  return #ARGV
`)

/** The time ARGV[1] seconds ago, and up to ARGV[2] tags of what was taken before that, the latest first. */
export const EXPIRED = new Script<[before: Buffer, ...tags: Buffer[]]>(`
  ${NOW}
  local before = string.format('%.6f', now - ARGV[1])
  local tags = redis.call('ZREVRANGEBYSCORE', KEYS[1], before, 0, 'LIMIT', 0, ARGV[2])
  table.insert(tags, 1, before)
  return tags
`)

/** Deletes KEYS[1] if it is ARGV[1]: a lock is released by whoever holds it. */
export const UNLOCK = new Script<number>(`
  if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
  return 0
`)
