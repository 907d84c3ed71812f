import { intervals, pause, type ResolvedRetryPolicy } from './backoff.ts'
import type { Connection } from './connection.ts'
import type { Consumer } from './consumer.ts'
import { OperationalError } from './exceptions.ts'
import type { Channel } from './transport/base.ts'
import { untilAborted } from './until-aborted.ts'

export interface RunOptions {
  /** Take no more messages, let running callbacks finish, then end. `stop()` does the same. */
  readonly signal?: AbortSignal
  /** Do not wait for running callbacks: what they have not settled goes back to its queue. */
  readonly giveUp?: AbortSignal
}

/** After a loss at once; a broker that takes connections and drops them again is given more and more time. */
const SESSION_POLICY: ResolvedRetryPolicy = {
  maxRetries: Number.POSITIVE_INFINITY,
  intervalStartMs: 0,
  intervalStepMs: 1_000,
  intervalMaxMs: 30_000,
  jitter: 0.25,
  deadlineMs: Number.POSITIVE_INFINITY,
}

/**
 * The loop of a small consuming program; extend it and say what to consume. `run`
 * 1. connects, for as long as that takes;
 * 2. opens a channel, asks `getConsumers`, declares and consumes;
 * 3. when the connection or the channel is lost, begins again;
 * 4. when stopped, cancels, waits for running callbacks, and closes the channel. The connection stays its owner's.
 * A broker that refuses a declaration (ChannelError) ends `run`: trying again would not help.
 */
export abstract class ConsumerMixin {
  readonly connection: Connection
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined

  constructor(connection: Connection) {
    this.connection = connection
  }

  /** Called for every new channel. */
  abstract getConsumers(channel: Channel): readonly Consumer[] | Promise<readonly Consumer[]>

  /** Everything is declared and consumed. */
  onConsumeReady(): void {}

  /** The broker was lost or is not there; the next attempt is in so many milliseconds. */
  onConnectionError(_error: unknown, _waitMs: number): void {}

  /** Resolves when stopped. */
  async run(options: RunOptions = {}): Promise<void> {
    this.#running ??= this.#run(options)
    await this.#running
  }

  /** Resolves when `run` has ended. Before `run` and twice is fine. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #run({ signal, giveUp }: RunOptions): Promise<void> {
    const stop = AbortSignal.any([
      this.#stopping.signal,
      ...(signal ? [signal] : []),
      ...(giveUp ? [giveUp] : []),
    ])
    let waits = intervals(SESSION_POLICY)
    const onReady = () => {
      waits = intervals(SESSION_POLICY)
      this.onConsumeReady()
    }
    const onError = (error: unknown, waitMs: number) => this.onConnectionError(error, waitMs)
    let waitMs = 0
    while (!stop.aborted) {
      try {
        await pause(waitMs, stop)
        await this.connection.ensureConnection({ signal: stop, onError })
        await this.#session(stop, giveUp, onReady)
      } catch (error) {
        if (stop.aborted) return
        if (!(error instanceof OperationalError) || this.connection.isClosed) throw error
        waitMs = waits.next().value ?? SESSION_POLICY.intervalMaxMs
        onError(error, waitMs)
      }
    }
  }

  async #session(stop: AbortSignal, giveUp: AbortSignal | undefined, onReady: () => void): Promise<void> {
    const channel = await this.connection.channel()
    try {
      const consumers = await this.getConsumers(channel)
      for (const consumer of consumers) await consumer.consume()
      onReady()
      const loss = await untilAborted(channel.closed, stop)
      if (!stop.aborted)
        throw new OperationalError(`the channel was lost: ${loss?.message ?? 'closed'}`, { cause: loss })
      for (const consumer of consumers) await consumer.cancel()
      const idle = Promise.all(consumers.map((consumer) => consumer.idle()))
      await (giveUp ? untilAborted(idle, giveUp) : idle)
    } finally {
      await channel.close()
    }
  }
}
