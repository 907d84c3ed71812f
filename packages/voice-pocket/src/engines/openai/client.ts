import { setTimeout as sleep } from 'node:timers/promises'
import { EngineUnavailableError, SynthesisError } from '../../exceptions.ts'
import type { OpenAiOptions } from './options.ts'

/** Twenty minutes of uncompressed sound: more than any sentence, and little enough to have in memory. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024
const FIRST_DELAY_MS = 500
/** Longer than this nobody waits for one sentence; the task is tried again instead. */
const MAX_DELAY_MS = 20_000
const MAX_QUOTED = 300
/** The server is well, and will not have it: no use in trying again. */
const REFUSED = new Set([400, 404, 405, 413, 415, 422])

/**
 * Sends one request for speech, and again when the server is busy or broken.
 * 1. A refusal is a SynthesisError; a server that does not answer, or cannot now, an EngineUnavailableError.
 * 2. The key is in no error, also not where the server repeats it.
 */
export class OpenAiClient {
  readonly #url: string
  readonly #options: OpenAiOptions

  constructor(options: OpenAiOptions) {
    this.#options = options
    this.#url = options.baseUrl.replace(/\/+$/, '')
  }

  /** The bytes of the sound. */
  async speech(body: object, signal?: AbortSignal): Promise<Uint8Array> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#attempt(body, signal)
      } catch (error) {
        signal?.throwIfAborted()
        if (!(error instanceof Busy)) throw error
        const delayMs = error.retryAfterMs ?? FIRST_DELAY_MS * 2 ** attempt
        if (attempt >= this.#options.retries || delayMs > MAX_DELAY_MS) {
          throw new EngineUnavailableError(error.message, { cause: error.cause })
        }
        await sleep(delayMs, undefined, signal && { signal })
      }
    }
  }

  /** Whether there is a server at all; not all of them list their models. */
  async check(signal?: AbortSignal): Promise<void> {
    const response = await this.#send('/models', { method: 'GET' }, signal).catch(asUnavailable)
    await response.body?.cancel()
    if (response.status < 500 && response.status !== 401 && response.status !== 403) return
    throw new EngineUnavailableError(`${this.#place('/models')} answered ${response.status}.`)
  }

  async #attempt(body: object, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }
    const response = await this.#send('/audio/speech', init, signal)
    if (!response.ok) throw await this.#refusal(response)
    const type = response.headers.get('content-type') ?? ''
    if (/^(text|image|video)\/|json|xml/i.test(type)) {
      const said = await this.#quote(response)
      throw new SynthesisError(`${this.#place('/audio/speech')} answered ${type} instead of sound: ${said}`)
    }
    return this.#readAll(response)
  }

  async #send(path: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Response> {
    const { apiKey, timeout } = this.#options
    const limit = AbortSignal.timeout(timeout * 1000)
    const headers = { ...init.headers, ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }) }
    try {
      return await fetch(`${this.#url}${path}`, {
        ...init,
        headers,
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      })
    } catch (cause) {
      throw this.#broken(path, cause)
    }
  }

  async #readAll(response: Response): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    let length = 0
    try {
      for await (const chunk of response.body ?? []) {
        chunks.push(chunk)
        length += chunk.length
        if (length > MAX_ANSWER_BYTES) break
      }
    } catch (cause) {
      throw this.#broken('/audio/speech', cause)
    }
    if (length > MAX_ANSWER_BYTES) {
      throw new SynthesisError(`It answered more than ${MAX_ANSWER_BYTES} bytes for one sentence.`)
    }
    return Buffer.concat(chunks)
  }

  #broken(path: string, cause: unknown): Busy {
    const isLate = cause instanceof Error && cause.name === 'TimeoutError'
    const reason = isLate ? `no answer within ${this.#options.timeout} s` : reasonOf(cause)
    return new Busy(this.#masked(`${this.#place(path)}: ${reason}.`), { cause })
  }

  async #refusal(response: Response): Promise<Error> {
    const { status } = response
    const message = `${this.#place('/audio/speech')} answered ${status}: ${await this.#quote(response)}`
    if (REFUSED.has(status)) return new SynthesisError(message)
    if (status !== 429 && status < 500) {
      return new EngineUnavailableError(
        `${message} Check apiKey and baseUrl in VOICE_POCKET_ENGINE_SETTINGS.`,
      )
    }
    const busy = new Busy(message)
    busy.retryAfterMs = retryAfterMs(response.headers.get('retry-after'))
    return busy
  }

  async #quote(response: Response): Promise<string> {
    const text = await response.text().catch(() => '')
    return this.#masked(JSON.stringify(messageIn(text).slice(0, MAX_QUOTED)))
  }

  /** Without what a URL may have of a password. */
  #place(path: string): string {
    const { origin, pathname } = new URL(`${this.#url}${path}`)
    return origin + pathname
  }

  #masked(text: string): string {
    const { apiKey } = this.#options
    return apiKey === undefined ? text : text.replaceAll(apiKey, '**')
  }
}

/** It may be served a little later. */
class Busy extends Error {
  retryAfterMs: number | undefined
}

function asUnavailable(error: unknown): never {
  if (error instanceof Busy) throw new EngineUnavailableError(error.message, { cause: error.cause })
  throw error
}

/** OpenAI's errors are `{"error":{"message"}}`; whatever else a server says is quoted as it is. */
function messageIn(text: string): string {
  try {
    const message = (JSON.parse(text) as { error?: { message?: unknown } } | null)?.error?.message
    return typeof message === 'string' ? message : text
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

/** `fetch failed` is half of the story. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause instanceof Error
    ? cause.message || String((cause as NodeJS.ErrnoException).code)
    : error.message
}

/** Seconds, or a date: RFC 9110, 10.2.3. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
