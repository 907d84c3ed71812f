/**
 * The boot order of a worker as data: steps say what they need (`requires`), a Blueprint sorts them, starts
 * them in that order and stops them in the reverse. Names and order rules follow Celery's `celery/bootsteps.py`
 * (https://docs.celeryq.dev/en/stable/userguide/extending.html).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Channel, Consumer as MessageConsumer } from '@voice-pocket/kombu'
import { ImproperlyConfigured } from './exceptions.ts'
import type { Logger } from './logger.ts'

/** A part of a Parent (the worker, or its consumer). Made once for each start of its blueprint. */
export abstract class Step<Parent> {
  /** Steps that must have started before this one. */
  static readonly requires: readonly StepClass<never>[] = []
  /** Steps of the same blueprint that must not start before this one. */
  static readonly precedes: readonly StepClass<never>[] = []
  /** In log lines; the class's own name unless given. */
  get name(): string {
    return this.constructor.name
  }
  /** Whether this step takes part at all. */
  includeIf(_parent: Parent): boolean {
    return true
  }
}

export interface StepClass<Parent> {
  new (parent: Parent): Step<Parent>
  readonly name: string
  readonly requires: readonly StepClass<never>[]
  readonly precedes: readonly StepClass<never>[]
}

/** A step that never ends would keep its worker from ending, and from connecting again. */
const STOPS_WITHIN_MS = 30_000

/**
 * A step with a lifetime. `stop` follows every `start` that was tried, also one that failed half way or has not
 * returned yet; then it may be called twice.
 */
export abstract class StartStopStep<Parent> extends Step<Parent> {
  /** How long its blueprint waits for `stop`, in milliseconds, before it goes on without it. */
  readonly stopsWithinMs: number = STOPS_WITHIN_MS
  abstract start(parent: Parent): Promise<void> | void
  stop(_parent: Parent): Promise<void> | void {}
  /** Give up at once what `stop` would finish. */
  terminate(parent: Parent): Promise<void> | void {
    return this.stop(parent)
  }
}

/** What a ConsumerStep needs of its parent. */
export interface ChannelSource {
  /** One whose loss restarts the whole blueprint. */
  channel(): Promise<Channel>
  /** Says whose queues they are. @throws ImproperlyConfigured when tasks are taken from one of them */
  claimQueues(step: string, queues: readonly string[]): void
  /** Aborts when no more messages are to be taken; `stop` follows. */
  readonly quieting: AbortSignal
  readonly logger: Logger
}

/**
 * A step that consumes messages of its own, such as plain JSON from a server that knows nothing of Celery.
 * 1. On each (re)connection it gets a channel of its own and starts the consumers it returns.
 * 2. The consumers' callbacks settle their messages themselves; what they leave unsettled is delivered again.
 * 3. On stop it takes no more, waits for the callbacks that are running, and closes the channel.
 * `MessageStep` is one that settles them, by a schema and a handler for each type of message.
 */
export abstract class ConsumerStep<
  Parent extends ChannelSource = ChannelSource,
> extends StartStopStep<Parent> {
  #channel: Channel | undefined
  #consumers: readonly MessageConsumer[] = []
  readonly #stopped = new AbortController()

  abstract getConsumers(channel: Channel): readonly MessageConsumer[] | Promise<readonly MessageConsumer[]>

  override async start(parent: Parent): Promise<void> {
    this.#channel = await parent.channel()
    this.#consumers = await this.getConsumers(this.#channel)
    parent.claimQueues(
      this.name,
      this.#consumers.flatMap(({ queues }) => queues.map(({ name }) => name)),
    )
    if (parent.quieting.aborted) return
    for (const consumer of this.#consumers) await consumer.consume()
    const { signal } = this.#stopped
    parent.quieting.addEventListener('abort', () => this.#quiet(parent), { once: true, signal })
  }

  override async stop(_parent: Parent): Promise<void> {
    this.#stopped.abort()
    if (this.#channel?.isOpen) {
      await this.cancel()
      await Promise.all(this.#consumers.map((consumer) => consumer.idle()))
    }
    await this.#channel?.close()
    this.#consumers = []
    this.#channel = undefined
  }

  /** Takes no more messages. Twice is fine. */
  protected async cancel(): Promise<void> {
    if (this.#channel?.isOpen) await Promise.all(this.#consumers.map((consumer) => consumer.cancel()))
  }

  /** Before its turn to stop has come: others may take long to. */
  #quiet({ logger }: Parent): void {
    this.cancel().catch((error: unknown) => logger.debug({ err: error }, `${this.name}: not cancelled`))
  }
}

/** Sorts steps by what they require, starts them in order, stops them in reverse. */
export class Blueprint<Parent> {
  readonly name: string
  readonly #classes: readonly StepClass<Parent>[]
  readonly #logger: Logger
  #started: StartStopStep<Parent>[] = []
  #isEnding = false

  constructor(name: string, classes: Iterable<StepClass<Parent>>, logger: Logger) {
    this.name = name
    this.#classes = inBootOrder([...classes])
    this.#logger = logger
  }

  /** The steps' names, in boot order. */
  get order(): readonly string[] {
    return this.#classes.map((stepClass) => stepClass.name)
  }

  /** Each step with those it requires, in boot order, by their names. */
  get graph(): ReadonlyMap<string, readonly string[]> {
    return new Map(
      this.#classes.map(({ name, requires }) => [name, requires.map((required) => required.name)]),
    )
  }

  /**
   * Starts every step. Rejects with the first error; `stop` then stops the steps that were reached. When it is
   * told to stop meanwhile, it starts no further ones, and stops the one that was starting once more.
   */
  async start(parent: Parent): Promise<void> {
    this.#isEnding = false
    for (const stepClass of this.#classes) {
      const step = new stepClass(parent)
      if (!step.includeIf(parent)) continue
      if (!(step instanceof StartStopStep)) continue
      this.#started.push(step)
      this.#logger.debug(`${this.name}: starting ${step.name}`)
      await step.start(parent)
      if (this.#isEnding) return this.#endStep(step, parent, 'stop')
    }
  }

  /**
   * Every started step gets its turn, even if one before it fails, or does not end in time. Twice is fine.
   * @param options `withinMs`: how long to wait for each step, where that is less than it may take (`stopsWithinMs`)
   */
  stop(parent: Parent, { withinMs = Number.POSITIVE_INFINITY } = {}): Promise<void> {
    return this.#end(parent, 'stop', withinMs)
  }

  terminate(parent: Parent): Promise<void> {
    return this.#end(parent, 'terminate', Number.POSITIVE_INFINITY)
  }

  async #end(parent: Parent, verb: 'stop' | 'terminate', withinMs: number): Promise<void> {
    this.#isEnding = true
    for (let step = this.#started.pop(); step; step = this.#started.pop()) {
      await this.#endStep(step, parent, verb, withinMs)
    }
  }

  async #endStep(
    step: StartStopStep<Parent>,
    parent: Parent,
    verb: 'stop' | 'terminate',
    withinMs = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    this.#logger.debug(`${this.name}: ${verb} ${step.name}`)
    try {
      const patienceMs = Math.min(withinMs, step.stopsWithinMs)
      if (await endsWithin(patienceMs, async () => step[verb](parent))) return
      this.#logger.error(
        `${this.name}: step ${step.name} did not ${verb} within ${patienceMs / 1000} s; going on without it`,
      )
    } catch (error) {
      this.#logger.error({ err: error }, `${this.name}: step ${step.name} failed to ${verb}`)
    }
  }
}

async function endsWithin(patienceMs: number, work: () => Promise<void>): Promise<boolean> {
  const working = work().then(() => true)
  if (patienceMs === Number.POSITIVE_INFINITY) return working
  const over = new AbortController()
  const patience = sleep(patienceMs, false, { signal: over.signal }).catch(() => false)
  try {
    return await Promise.race([working, patience])
  } finally {
    over.abort()
    working.catch(() => {}) // too late to tell of it
  }
}

/** Whatever their parents are: a class knows that it belongs where it is named. */
const isSame = (one: StepClass<never>, other: unknown) => one === other

/** Depth first, so that a step comes right after what it requires and otherwise keeps its place. */
function inBootOrder<Parent>(classes: StepClass<Parent>[]): StepClass<Parent>[] {
  const order = new Set<StepClass<Parent>>()
  const visit = (stepClass: StepClass<Parent>, path: readonly StepClass<Parent>[]) => {
    if (order.has(stepClass)) return
    if (path.includes(stepClass)) {
      const circle = [...path.slice(path.indexOf(stepClass)), stepClass].map((each) => each.name).join(' -> ')
      throw new ImproperlyConfigured(
        `Bootsteps require each other in a circle: ${circle}. Remove one 'requires'.`,
      )
    }
    const earlier = classes.filter(({ precedes }) => precedes.some((later) => isSame(later, stepClass)))
    for (const required of [...stepClass.requires, ...earlier]) {
      visit(required as unknown as StepClass<Parent>, [...path, stepClass])
    }
    order.add(stepClass)
  }
  for (const stepClass of classes) visit(stepClass, [])
  return [...order]
}
