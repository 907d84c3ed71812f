/**
 * How the parts of a chord lie in Redis. Python's workers have both forms too, and count with ours where all are told
 * the same by `result_chord_ordered`.
 */
import type { RedisClient } from './redis-server.ts'

type Steps = ReturnType<RedisClient['multi']>

export interface PartsLayout {
  /** Two steps, of which the second one's answer is how many there are. */
  add(steps: Steps, key: string, member: string, position: number): Steps
  read(client: RedisClient, key: string): Promise<readonly string[]>
}

/** By their places in the header. */
export const ORDERED: PartsLayout = {
  add: (steps, key, member, position) => steps.zAdd(key, { score: position, value: member }).zCard(key),
  read: (client, key) => client.zRange(key, 0, -1),
}

/** A plain RPUSH, as Python's, would count the part of a task twice that was delivered twice. */
const PUSH_ONCE = `
  if redis.call('LPOS', KEYS[1], ARGV[1]) then return 0 end
  return redis.call('RPUSH', KEYS[1], ARGV[1])
`

/** As they come: a list, which needs less memory than a sorted set. */
export const UNORDERED: PartsLayout = {
  add: (steps, key, member) => steps.eval(PUSH_ONCE, { keys: [key], arguments: [member] }).lLen(key),
  read: (client, key) => client.lRange(key, 0, -1),
}
