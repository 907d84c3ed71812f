import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { within } from '../within.ts'

const COMMAND = join(import.meta.dirname, '../../src/bin/celery.ts')
const APP = join(import.meta.dirname, '../process-app.ts')

export interface CeleryProcessOptions {
  readonly app?: string | null
  readonly env?: NodeJS.ProcessEnv
  /** What it reads from stdin. */
  readonly input?: string
}

/** The `celery` command in a process of its own, and what it wrote. */
export class CeleryProcess {
  readonly process: ChildProcess
  stdout = ''
  stderr = ''
  readonly #closed: Promise<unknown>
  readonly #waiting = new Set<() => void>()

  /** Of the app in `process-app.ts`, unless `app` is another file's path or `undefined`. */
  constructor(
    args: readonly string[],
    { app = APP, env = process.env, input = '' }: CeleryProcessOptions = {},
  ) {
    const all = app === null ? args : ['-A', app, ...args]
    this.process = spawn(process.execPath, [COMMAND, ...all], { env, stdio: 'pipe' })
    this.process.stdin?.end(input)
    this.#closed = once(this.process, 'close')
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.#wake()
    })
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.#wake()
    })
    void this.#closed.then(() => this.#wake())
  }

  /** Resolves when stdout or stderr matches; rejects when the process ended without it. */
  async said(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stdout) && !pattern.test(this.stderr)) {
      if (this.#hasEnded) throw new Error(`It ended without ${pattern}:\n${this.stdout}\n${this.stderr}`)
      const change = new Promise<void>((resolve) => this.#waiting.add(resolve))
      await within(change, () => `it did not say ${pattern}:\n${this.stdout}\n${this.stderr}`)
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal)
  }

  /** Its exit code, or the signal that ended it, once it and all its children are gone. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    await within(this.#closed, () => `it did not end:\n${this.stdout}\n${this.stderr}`)
    return this.process.exitCode ?? this.process.signalCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) this.kill('SIGKILL')
    await this.#closed
  }

  get #hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
