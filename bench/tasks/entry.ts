import { median } from '../statistics.ts'
import type { Contender, Running } from './contender.ts'

/** Jobs under way at once when throughput is measured. */
const IN_FLIGHT = 100
/**
 * An engine compiles what it runs often, and compiles it again when it knows it better: what a worker does in its
 * first seconds says little of one that runs for days. So each does this many jobs first, in so many seconds at most.
 */
const WARM_UP = { jobs: 30_000, seconds: 20 }
const TOGETHER_SECONDS = 1
const ALONE_SECONDS = 0.5

/** One contender's worker and what was measured of it, turn by turn. */
export class Entry {
  readonly contender: Contender
  readonly peers: readonly Entry[]
  readonly perSecond: number[] = []
  /** Milliseconds of jobs that were under way alone. */
  readonly latencies: number[] = []
  #running: Running | undefined

  constructor(contender: Contender, peers: readonly Entry[] = []) {
    this.contender = contender
    this.peers = peers
  }

  async open(): Promise<void> {
    this.#running = await this.contender.open()
    const until = performance.now() + WARM_UP.seconds * 1_000
    for (let done = 0; done < WARM_UP.jobs && performance.now() < until; ) {
      done += (await keepInFlight(IN_FLIGHT, TOGETHER_SECONDS, this.#call)).length
    }
  }

  async takeTurn(): Promise<void> {
    this.latencies.push(...(await keepInFlight(1, ALONE_SECONDS, this.#call)))
    const together = await keepInFlight(IN_FLIGHT, TOGETHER_SECONDS, this.#call)
    this.perSecond.push(together.length / TOGETHER_SECONDS)
  }

  /** How many times as many jobs a second as a peer, by the turns next to each other. */
  timesAs(peer: Entry): number {
    return median(this.perSecond.map((perSecond, turn) => perSecond / (peer.perSecond[turn] ?? Number.NaN)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]()
  }

  readonly #call = async (): Promise<number> => {
    const started = performance.now()
    await this.#running?.call()
    return performance.now() - started
  }
}

/** Keeps `count` calls going for a while; resolves with what those that ended in time returned. */
async function keepInFlight<Value>(count: number, forSeconds: number, call: () => Promise<Value>) {
  const until = performance.now() + forSeconds * 1_000
  const values: Value[] = []
  const lane = async () => {
    while (performance.now() < until) {
      const value = await call()
      if (performance.now() < until) values.push(value)
    }
  }
  await Promise.all(Array.from({ length: count }, lane))
  return values
}
