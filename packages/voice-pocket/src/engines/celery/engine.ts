import {
  type AsyncResult,
  BackendError,
  Celery,
  TaskRevokedError,
  WorkerLostError,
} from '@voice-pocket/celery'
import { KombuError } from '@voice-pocket/kombu'
import { toBytes } from '../../audio/pcm.ts'
import { wavHeader } from '../../audio/wav.ts'
import { EngineMissingError, EngineUnavailableError, SynthesisError } from '../../exceptions.ts'
import { isSpeakable } from '../../text/normalise.ts'
import { readAnswer } from '../answered-sound.ts'
import { checkSettings } from '../check-settings.ts'
import type { Engine, EngineCapabilities, EngineSettings, Utterance } from '../engine.ts'
import { scaled } from '../scale.ts'
import { readTaskAnswer } from './answer.ts'
import { type CeleryEngineOptions, celeryEngineOptions } from './options.ts'

/**
 * A task of somebody else's speaks: many models live in Python, and Celery reaches them. One call for each sentence;
 * one that is given up is revoked, and expires where nobody has taken it.
 */
export class CeleryEngine implements Engine {
  readonly name = 'celery'
  readonly sampleRate: number
  readonly capabilities: EngineCapabilities
  readonly identity: string
  readonly #options: CeleryEngineOptions
  readonly #app: Celery
  readonly #closed = new AbortController()

  constructor(options: CeleryEngineOptions) {
    const { languages, voices, rate, pitch, range, cloning, instructions, sampleRate } = options
    this.#options = options
    this.sampleRate = sampleRate
    this.identity = JSON.stringify([options.task, options.queue, sampleRate])
    this.capabilities = Object.freeze({
      languages,
      voices,
      rate,
      pitch,
      range,
      volume: { min: 0, max: 1 },
      instructions,
      ...(cloning !== undefined && { cloning }),
    })
    this.#app = new Celery('voice-pocket-engine', {
      brokerUrl: options.brokerUrl.split(';'),
      resultBackend: options.resultBackend,
      taskDefaultQueue: options.queue,
    })
  }

  async synthesize(sentence: string, wanted: EngineSettings, signal?: AbortSignal): Promise<Utterance> {
    signal?.throwIfAborted()
    this.#closed.signal.throwIfAborted()
    const settings = { ...wanted, ...checkSettings(this, wanted) }
    if (!isSpeakable(sentence)) return { samples: new Int16Array(), marks: [] }
    const limit = AbortSignal.timeout(this.#options.timeout * 1000)
    const given = signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal])
    const answer = await this.#call(toKwargs(sentence, settings), AbortSignal.any([given, limit])).catch(
      (cause) => {
        given.throwIfAborted()
        throw limit.aborted ? this.#late(cause) : inOurWords(cause)
      },
    )
    const bytes = await readTaskAnswer(answer, this.#options.folder)
    return { samples: scaled(await readAnswer(bytes, this.sampleRate), settings.volume), marks: [] }
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return
    this.#closed.abort(new EngineMissingError('The engine celery is closed.'))
    await this.#app.close()
  }

  async #call(kwargs: Record<string, unknown>, signal: AbortSignal): Promise<unknown> {
    const { task, queue, timeout } = this.#options
    const sent = this.#app.sendTask(task, { kwargs, queue, expires: timeout })
    try {
      const result = await orAborted(sent, signal)
      const answer = await result.get({ signal })
      await result.forget()
      return answer
    } catch (error) {
      if (signal.aborted) void giveUp(sent)
      throw error
    }
  }

  #late(cause: unknown): EngineUnavailableError {
    const { task, queue, timeout } = this.#options
    return new EngineUnavailableError(
      `The task ${task} gave no answer within ${timeout} s; see that a worker takes from the queue ${queue}.`,
      { cause },
    )
  }
}

export async function createEngine(options: unknown): Promise<CeleryEngine> {
  return new CeleryEngine(celeryEngineOptions(options))
}

/** The arguments of the task, by the names that Python gives them. */
function toKwargs(text: string, settings: EngineSettings): Record<string, unknown> {
  const { language, name: voice, rate: speed, pitch, range, reference, instructions } = settings
  const more = instructions !== undefined && { instructions }
  return { text, language, voice, speed, pitch, range, reference: reference && toWire(reference), ...more }
}

function toWire({ samples, sampleRate, transcript }: NonNullable<EngineSettings['reference']>) {
  const bytes = toBytes(samples)
  const wav = Buffer.concat([wavHeader(sampleRate, bytes.length), bytes])
  return { audio: wav.toString('base64'), text: transcript }
}

/**
 * Nobody waits for it: the broker may be what does not answer. A message that nobody is told to leave expires, and so
 * does its result.
 */
async function giveUp(sent: Promise<AsyncResult>): Promise<void> {
  try {
    await (await sent).revoke({ terminate: true })
  } catch (error) {
    process.emitWarning(`A sentence was given up, and its task could not be revoked: ${String(error)}`)
  }
}

async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function inOurWords(cause: unknown): Error {
  const { name, message } = cause as Error
  const isAway = UNAVAILABILITIES.some((kind) => cause instanceof kind)
  if (isAway) return new EngineUnavailableError(`The task could not run: ${name}: ${message}`, { cause })
  return new SynthesisError(`The task failed: ${name}: ${message}`, { cause })
}

/** Of the broker, of the results, or of the worker: the task itself is not to blame. */
const UNAVAILABILITIES = [KombuError, BackendError, TaskRevokedError, WorkerLostError]
