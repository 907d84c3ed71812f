import { EngineMissingError, EngineUnavailableError, InvalidVoiceError } from '../exceptions.ts'
import { KeptWarm, type WarmCounts } from '../kept-warm.ts'
import type { Engine } from './engine.ts'
import { loadEngine } from './index.ts'
import type { EnginePlan } from './plan.ts'
import { asUnavailable, SupervisedEngine } from './supervised.ts'
import { Watchdog } from './watchdog.ts'
import { withinLimit } from './within-limit.ts'

export interface EnginesOptions {
  /** How many are kept loaded. */
  readonly warm: number
  /** For one sentence. */
  readonly limitMs: number
  /** For loading an engine, and for making a voice ready; a minute at least unless told. */
  readonly loadMs?: number
  /** Told when an engine is passed over that should have spoken. */
  readonly warn: (message: string) => void
  readonly load?: (plan: EnginePlan) => Promise<Engine>
  readonly watchdog?: Watchdog
}

/** Models of half a gigabyte are read from slow disks. */
const LOAD_MS = 60_000

/** Which engine is meant to speak. */
export interface EngineWish {
  /** This one and no other: the request named it. */
  readonly only?: string | undefined
  /** This one first: the voice was made with it. */
  readonly first?: string | undefined
}

interface Warm {
  readonly engine: Promise<Engine>
  users: number
}

/**
 * The engines of one process, in the order in which they are tried.
 * 1. One is loaded when it is first needed, and stays loaded while it is among those that were used last.
 * 2. A text is spoken by one engine from its beginning to its end: the first that has its voice and language, and is
 *    there.
 */
export class Engines {
  readonly #plans: ReadonlyMap<string, EnginePlan>
  readonly #options: Required<EnginesOptions>
  readonly #warm: KeptWarm<Warm>

  constructor(plans: readonly EnginePlan[], options: EnginesOptions) {
    this.#plans = new Map(plans.map((plan) => [plan.name, plan]))
    const load = ({ source, options: own }: EnginePlan) => loadEngine(source, own)
    const loadMs = Math.max(LOAD_MS, options.limitMs)
    this.#options = { load, loadMs, watchdog: new Watchdog(), ...options }
    this.#warm = new KeptWarm(options.warm, ({ users }) => users > 0)
  }

  get names(): readonly string[] {
    return [...this.#plans.keys()]
  }

  /** Those that are loaded. */
  get warm(): WarmCounts {
    return this.#warm
  }

  /** @throws EngineMissingError, EngineUnavailableError, and what the work throws */
  async use<Result>(name: string, work: (engine: Engine) => Promise<Result>): Promise<Result> {
    const warm = this.#take(name)
    warm.users += 1
    try {
      return await work(await warm.engine)
    } finally {
      warm.users -= 1
      await this.#coolDown()
    }
  }

  /**
   * Does the work with the first engine that can: a next one has its turn when the work throws InvalidVoiceError (it has
   * not this voice or language), or EngineUnavailableError, or it cannot be loaded.
   */
  async useFirst<Result>(wish: EngineWish, work: (engine: Engine) => Promise<Result>): Promise<Result> {
    const reasons: Error[] = []
    for (const name of this.#candidates(wish)) {
      try {
        return await this.use(name, work)
      } catch (error) {
        if (!isAboutTheEngine(error)) throw error
        reasons.push(error)
        if (!(error instanceof InvalidVoiceError)) this.#options.warn(error.message)
      }
    }
    throw whyNone(reasons)
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    await Promise.all(this.#warm.clear().map(closed))
  }

  #candidates({ only, first }: EngineWish): readonly string[] {
    const { names } = this
    if (only !== undefined && !names.includes(only)) {
      throw new InvalidVoiceError(
        `There is no engine ${JSON.stringify(only)} here; it must be one of ${names.join(', ')}.`,
      )
    }
    if (only !== undefined) return [only]
    return first !== undefined && names.includes(first) ? [...new Set([first, ...names])] : names
  }

  #take(name: string): Warm {
    const plan = this.#plans.get(name)
    if (plan === undefined) {
      const message = `There is no engine ${JSON.stringify(name)} here; VOICE_POCKET_ENGINES has ${this.names.join(', ')}.`
      throw new EngineMissingError(message)
    }
    const warm = this.#warm.get(name) ?? { engine: this.#load(plan), users: 0 }
    this.#warm.keep(name, warm)
    // One that did not load is forgotten, so that the next request tries again.
    warm.engine.catch(() => this.#warm.forget(name, warm))
    return warm
  }

  async #load(plan: EnginePlan): Promise<Engine> {
    const { load, limitMs, loadMs, watchdog } = this.#options
    let loading: Promise<Engine> | undefined
    const begin = () => {
      loading = load(plan)
      return loading
    }
    try {
      const engine = await withinLimit(
        { watchdog, engine: plan.name, work: 'loading', limitMs: loadMs },
        begin,
      )
      return new SupervisedEngine(plan.name, engine, { limitMs, prepareMs: loadMs, watchdog })
    } catch (cause) {
      loading?.then((late) => late.close()).catch(() => undefined) // nobody waits for it any more
      if (cause instanceof EngineMissingError) throw cause
      const reason = asUnavailable(plan.name, cause)
      if (reason instanceof EngineUnavailableError) throw reason
      throw new EngineMissingError(`The engine ${plan.name} cannot be loaded: ${String(cause)}`, { cause })
    }
  }

  async #coolDown(): Promise<void> {
    for (const warm of this.#warm.evict()) await closed(warm)
  }
}

async function closed({ engine }: Warm): Promise<void> {
  const loaded = await engine.catch(() => undefined) // whoever wanted it heard why
  await loaded?.close()
}

function isAboutTheEngine(error: unknown): error is Error {
  return [InvalidVoiceError, EngineUnavailableError, EngineMissingError].some((kind) => error instanceof kind)
}

/** What may pass is said first: then it pays to try again. */
function whyNone(reasons: readonly Error[]): Error {
  const away = reasons.find((reason) => reason instanceof EngineUnavailableError)
  const missing = reasons.find((reason) => reason instanceof EngineMissingError)
  const [first, ...others] = reasons
  const only = away ?? missing ?? (others.length === 0 ? first : undefined)
  if (only !== undefined) return only
  return new InvalidVoiceError(reasons.map(({ message }) => message).join(' '))
}
