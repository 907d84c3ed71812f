/**
 * Which of several addresses is tried next when one does not answer: in turn, at random, or as a function says, which
 * gets the addresses and yields them in its order, as often as it likes (Kombu's `failover_strategy`).
 */
import { InvalidValueError } from './exceptions.ts'
import { type ConnectionUrl, maskUrl } from './url.ts'

export type FailoverStrategy = 'round-robin' | 'shuffle' | ((urls: readonly string[]) => Iterable<string>)

/** The addresses of one connection; the current one stays until it fails. */
export class Failover {
  readonly #urls: readonly ConnectionUrl[]
  readonly #order: (urls: readonly string[]) => Iterable<string>
  #rest: Iterator<string>
  #current: ConnectionUrl

  constructor(urls: readonly ConnectionUrl[], strategy: FailoverStrategy = 'round-robin') {
    this.#urls = urls
    this.#order = orderOf(strategy)
    this.#rest = this.#begin()
    this.#current = this.#next()
  }

  get current(): ConnectionUrl {
    return this.#current
  }

  /** The current one failed. */
  advance(): void {
    this.#current = this.#next()
  }

  #begin(): Iterator<string> {
    return this.#order(this.#urls.map(({ href }) => href))[Symbol.iterator]()
  }

  /** When the strategy has no more it is asked anew. */
  #next(): ConnectionUrl {
    let next = this.#rest.next()
    if (next.done) {
      this.#rest = this.#begin()
      next = this.#rest.next()
    }
    const url = this.#urls.find(({ href }) => href === next.value)
    if (url) return url
    const given = next.done ? 'no address' : maskUrl(String(next.value))
    throw new InvalidValueError(`the failover strategy gave ${given}; it must give those that it was given`)
  }
}

function orderOf(strategy: FailoverStrategy): (urls: readonly string[]) => Iterable<string> {
  if (typeof strategy === 'function') return strategy
  if (strategy === 'round-robin') return (urls) => urls
  if (strategy === 'shuffle') return shuffled
  throw new InvalidValueError(
    `the failover strategy is ${JSON.stringify(strategy)}; it must be round-robin, shuffle or a function`,
  )
}

function shuffled(urls: readonly string[]): readonly string[] {
  return urls
    .map((url) => ({ url, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ url }) => url)
}
