import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { within } from '../within.ts'

export interface PythonEnvironment {
  readonly python: string
  readonly variables: Readonly<Record<string, string>>
}

export interface PythonWorkerOptions {
  /** With its app and its tasks. */
  readonly module?: string
  readonly pool?: 'solo' | 'prefork'
  readonly concurrency?: number
  /** Mingle and gossip with the other workers, and log what they say. */
  readonly mingles?: boolean
  /** More of its command line. */
  readonly options?: readonly string[]
}

const start = ({ python, variables }: PythonEnvironment, args: readonly string[]) =>
  spawn(python, args, {
    cwd: import.meta.dirname,
    env: { ...process.env, ...variables, PYTHONDONTWRITEBYTECODE: '1' },
  })

/** A client written in Python; it answers one command after the other. */
export class PythonClient {
  readonly #process: ChildProcess
  readonly #answers: AsyncIterator<string>

  constructor(environment: PythonEnvironment, program = 'interop_tasks.py') {
    const child = start(environment, [program])
    child.stderr.pipe(process.stderr)
    this.#process = child
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  /** Sends a task, and gives its id. */
  async send(name: string, queue: string, options: Record<string, unknown> = {}): Promise<string> {
    return String((await this.ask('send', { name, queue, ...options })).id)
  }

  async ask(command: string, options: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    this.#process.stdin?.write(`${JSON.stringify({ command, ...options })}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error(`Python ended instead of an answer to ${command}; its words are above.`)
    return JSON.parse(value)
  }

  async end(): Promise<void> {
    this.#process.stdin?.end()
    if (this.#process.exitCode === null) await once(this.#process, 'exit')
  }
}

/** A worker of Python Celery, and what it wrote to its log. */
export class PythonWorker {
  readonly #process: ChildProcess
  #log = ''
  readonly #waiting = new Set<() => void>()

  constructor(
    environment: PythonEnvironment,
    queue: string,
    hostname: string,
    {
      module = 'interop_tasks',
      pool = 'solo',
      concurrency = 1,
      mingles = false,
      options: more = [],
    }: PythonWorkerOptions = {},
  ) {
    const options = [
      ...more,
      ...['-P', pool, '-c', String(concurrency), '-Q', queue, '-n', hostname],
      ...(mingles ? ['-l', 'debug'] : ['-l', 'info', '--without-gossip', '--without-mingle']),
    ]
    const child = start(environment, ['-m', 'celery', '-A', module, 'worker', ...options])
    this.#process = child
    child.stdout.resume()
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text
      this.#wake()
    })
    child.once('close', () => this.#wake())
  }

  async ready(): Promise<void> {
    await this.said(/ ready\./)
  }

  /** Resolves as soon as its log has it; rejects when it ended without. */
  async said(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#log)) {
      if (this.#hasEnded) throw new Error(`The Python worker ended without ${pattern}:\n${this.#log}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      await within(promise, () => `the Python worker did not say ${pattern}:\n${this.#log}`)
    }
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#process.kill(signal)
    if (!this.#hasEnded) await once(this.#process, 'exit')
  }

  /** Once it has ended. */
  get exitCode(): number | null {
    return this.#process.exitCode
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
