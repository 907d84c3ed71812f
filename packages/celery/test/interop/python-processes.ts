import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface PythonEnvironment {
  readonly python: string
  readonly variables: Readonly<Record<string, string>>
}

export interface PythonWorkerOptions {
  /** With its app and its tasks. */
  readonly module?: string
  readonly pool?: 'solo' | 'prefork'
  readonly concurrency?: number
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

/** A worker of Python Celery. */
export class PythonWorker {
  readonly #process: ChildProcess
  readonly #ready: Promise<void>

  constructor(
    environment: PythonEnvironment,
    queue: string,
    hostname: string,
    { module = 'interop_tasks', pool = 'solo', concurrency = 1 }: PythonWorkerOptions = {},
  ) {
    const options = [
      ...['-P', pool, '-c', String(concurrency), '-l', 'info', '-Q', queue, '-n', hostname],
      ...['--without-gossip', '--without-mingle'],
    ]
    const child = start(environment, ['-m', 'celery', '-A', module, 'worker', ...options])
    this.#process = child
    this.#ready = this.#said(/ ready\./, child)
  }

  async ready(): Promise<void> {
    await this.#ready
  }

  async end(): Promise<void> {
    this.#process.kill('SIGTERM')
    if (this.#process.exitCode === null) await once(this.#process, 'exit')
  }

  async #said(pattern: RegExp, child: ReturnType<typeof start>): Promise<void> {
    let text = ''
    child.stdout.resume()
    for await (const line of createInterface({ input: child.stderr })) {
      text += `${line}\n`
      if (!pattern.test(line)) continue
      child.stderr.resume() // it goes on writing
      return
    }
    throw new Error(`The Python worker ended without ${pattern}:\n${text}`)
  }
}
