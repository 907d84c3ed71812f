/** Where a message goes: the matching rules of direct, topic and fanout exchanges, followed through bindings. */
import { ChannelError } from '../../exceptions.ts'
import type { ExchangeType } from '../base.ts'
import { lookUpQueue } from './queue-lookup.ts'
import type { Store } from './store.ts'

/** The queues a message goes to, each once. ChannelError 404 when the exchange does not exist. */
export async function route(store: Store, exchange: string, routingKey: string): Promise<readonly string[]> {
  if (exchange === '') return (await lookUpQueue(store, routingKey)) ? [routingKey] : []
  const queues = new Set<string>()
  const visited = new Set<string>()
  const follow = async (name: string): Promise<boolean> => {
    if (visited.has(name)) return true
    visited.add(name)
    const stored = await store.getExchange(name)
    if (!stored) return false
    for (const binding of await store.bindings(name)) {
      if (!MATCH[stored.type](binding.routingKey, routingKey)) continue
      if (binding.destinationType === 'queue') queues.add(binding.destination)
      else await follow(binding.destination)
    }
    return true
  }
  if (!(await follow(exchange)))
    throw new ChannelError(`no exchange ${JSON.stringify(exchange)}; declare it first`, 404)
  return [...queues]
}

const MATCH: Readonly<Record<ExchangeType, (bindingKey: string, routingKey: string) => boolean>> = {
  direct: (bindingKey, routingKey) => bindingKey === routingKey,
  fanout: () => true,
  topic: topicMatches,
}

/** `*` stands for exactly one word, `#` for any number of words, none included; dots separate words. */
export function topicMatches(bindingKey: string, routingKey: string): boolean {
  const pattern = words(bindingKey)
  const key = words(routingKey)
  let at = 0
  let word = 0
  // The last # seen, and how many words it has swallowed so far: what a mismatch goes back to.
  let hash = -1
  let swallowedTo = 0
  while (word < key.length) {
    if (pattern[at] === '#') {
      hash = at
      swallowedTo = word
      at += 1
    } else if (pattern[at] === '*' || pattern[at] === key[word]) {
      at += 1
      word += 1
    } else if (hash >= 0) {
      at = hash + 1
      swallowedTo += 1
      word = swallowedTo
    } else {
      return false
    }
  }
  while (pattern[at] === '#') at += 1
  return at === pattern.length
}

function words(key: string): readonly string[] {
  return key === '' ? [] : key.split('.')
}
