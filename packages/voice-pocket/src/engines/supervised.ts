import { EngineUnavailableError, SynthesisError } from '../exceptions.ts'
import { isSpeakable } from '../text/normalise.ts'
import {
  type Engine,
  type EngineCapabilities,
  type EngineSettings,
  UNAVAILABLE,
  type Utterance,
} from './engine.ts'
import type { Watchdog } from './watchdog.ts'
import { withinLimit } from './within-limit.ts'

interface Limits {
  /** For one sentence. */
  readonly limitMs: number
  /** For one voice. */
  readonly prepareMs: number
  readonly watchdog: Watchdog
}

/**
 * An engine that is not trusted: whatever it does, a sentence ends.
 * 1. It has so long for a sentence, then its signal says so; when it goes on, the watchdog ends this process. It has
 *    so long, too, to make a voice ready.
 * 2. What it gives must be sound, and not nothing for a sentence with something to say.
 * 3. It goes by the name that the service gives it, under which there may be another of its kind.
 */
export class SupervisedEngine implements Engine {
  readonly name: string
  readonly sampleRate: number
  readonly capabilities: EngineCapabilities
  readonly identity?: string
  readonly prepare?: NonNullable<Engine['prepare']>
  readonly #engine: Engine
  readonly #limitMs: number
  readonly #watchdog: Watchdog

  constructor(name: string, engine: Engine, { limitMs, prepareMs, watchdog }: Limits) {
    this.name = name
    this.sampleRate = engine.sampleRate
    this.capabilities = engine.capabilities
    if (engine.identity !== undefined) this.identity = engine.identity
    const prepare = engine.prepare?.bind(engine)
    if (prepare) {
      const limit = { watchdog, engine: name, work: 'a voice', limitMs: prepareMs }
      this.prepare = (...voice) => withinLimit(limit, () => prepare(...voice))
    }
    this.#engine = engine
    this.#limitMs = limitMs
    this.#watchdog = watchdog
  }

  async synthesize(sentence: string, settings: EngineSettings, signal?: AbortSignal): Promise<Utterance> {
    const limit = AbortSignal.timeout(this.#limitMs)
    using _watched = this.#watchdog.watch(this.name, this.#limitMs)
    const either = signal === undefined ? limit : AbortSignal.any([signal, limit])
    try {
      return this.#checked(sentence, await this.#engine.synthesize(sentence, settings, either))
    } catch (cause) {
      signal?.throwIfAborted()
      if (limit.aborted) throw this.#tooSlow(cause)
      throw asUnavailable(this.name, cause)
    }
  }

  async check(signal?: AbortSignal): Promise<void> {
    try {
      await this.#engine.check?.(signal)
    } catch (cause) {
      signal?.throwIfAborted()
      throw asUnavailable(this.name, cause)
    }
  }

  close(): Promise<void> {
    return this.#engine.close()
  }

  #checked(sentence: string, utterance: Utterance): Utterance {
    const { samples, marks } = utterance
    if (!(samples instanceof Int16Array) || !Array.isArray(marks)) {
      throw new SynthesisError(`It gave something that is no sound; it must give { samples, marks }.`)
    }
    if (samples.length > 0 || !isSpeakable(sentence)) return utterance
    throw new SynthesisError(`It gave no sound for a sentence that has something to say.`)
  }

  #tooSlow(cause: unknown): SynthesisError {
    const seconds = this.#limitMs / 1000
    return new SynthesisError(
      `The sentence took longer than ${seconds} s. Send shorter sentences, or set VOICE_POCKET_ENGINE_TIMEOUT.`,
      { cause },
    )
  }
}

/** Engines of other packages know none of our classes; they say it by the code. */
export function asUnavailable(name: string, error: unknown): unknown {
  if (error instanceof EngineUnavailableError) return error
  if (!(error instanceof Error && 'code' in error && error.code === UNAVAILABLE)) return error
  return new EngineUnavailableError(`The engine ${name} is unavailable: ${error.message}`, { cause: error })
}
