import { type Heard, PythonEar } from '../python-ear.ts'
import type { PythonEnvironment } from '../python-processes.ts'

/** So long anything may take that Flower is asked. */
const ANSWER_MS = 20_000

export interface Answer {
  readonly status: number
  /** What the JSON says, or the text of what is none. */
  readonly body: unknown
}

/** Flower, in a process of its own, and what it heard. */
export class Flower {
  readonly #ear: PythonEar
  #url = ''

  constructor({ python, variables }: PythonEnvironment) {
    const options = ['--address=127.0.0.1', '--port=0', '--persistent=False', '--logging=error']
    const environment = { python, variables: { ...variables, FLOWER_UNAUTHENTICATED_API: 'true' } }
    this.#ear = new PythonEar(environment, [
      ...['-m', 'celery', '-A', 'flower_app', '-q', 'flower', ...options],
      // Of one worker it waits for the answer; as long as this only for workers that do not answer.
      '--inspect_timeout=10000',
    ])
  }

  /** Resolves when it knows that these workers are there. */
  async knows(...names: readonly string[]): Promise<void> {
    const { port } = await this.#ear.ready()
    this.#url = `http://127.0.0.1:${port}`
    for (const name of names) await this.hears('worker-heartbeat', name)
    for (const name of names) await this.refresh(name)
  }

  page(path: string): string {
    return this.#url + path
  }

  get(path: string): Promise<Answer> {
    return this.#ask(path, { method: 'GET' })
  }

  /** @param options of a call, which is all that Flower wants as JSON; everything else stands in the address */
  post(path: string, options: object = {}): Promise<Answer> {
    return this.#ask(path, { method: 'POST', body: JSON.stringify(options) })
  }

  /** What a worker says of itself now. */
  async refresh(worker: string): Promise<WorkerInfo> {
    const { body } = await this.get(`/api/workers?refresh=1&workername=${encodeURIComponent(worker)}`)
    return (body as Record<string, WorkerInfo>)[worker] as WorkerInfo
  }

  /** Once Flower has taken in what a worker said of itself, or of one task. */
  hears(type: string, hostname: string, uuid?: string): Promise<Heard> {
    return this.#ear.hears(type, hostname, ({ event }) => uuid === undefined || event.uuid === uuid)
  }

  end(): Promise<void> {
    return this.#ear.end()
  }

  async #ask(path: string, request: RequestInit): Promise<Answer> {
    const response = await fetch(this.page(path), { ...request, signal: AbortSignal.timeout(ANSWER_MS) })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
    return { status: response.status, body: isJson ? JSON.parse(text) : text }
  }
}

/** As far as the tests look. */
export interface WorkerInfo {
  readonly stats: {
    readonly total: Readonly<Record<string, number>>
    readonly pool: { readonly 'max-concurrency': number; readonly processes: readonly number[] }
    readonly autoscaler?: object
  }
  readonly active_queues: readonly { readonly name: string }[]
  readonly registered: readonly string[]
  readonly revoked: readonly string[]
  readonly conf: object
}
