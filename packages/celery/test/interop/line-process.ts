import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { within } from '../within.ts'

/** A process of another program that says something until it is ended. */
export class LineProcess {
  text = ''
  readonly #process: ChildProcess
  #tell = () => {}

  constructor(file: string, args: readonly string[], variables: NodeJS.ProcessEnv) {
    const env = { ...process.env, PYTHONUNBUFFERED: '1', ...variables }
    this.#process = spawn(file, args, { cwd: import.meta.dirname, env, stdio: ['ignore', 'pipe', 'inherit'] })
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.text += text
      this.#tell()
    })
  }

  /** Resolves when one of its lines is like this. */
  async said(pattern: RegExp): Promise<void> {
    const lines = new RegExp(pattern.source, 'm')
    while (!lines.test(this.text)) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#tell = resolve
      await within(promise, () => `it did not say ${pattern}:\n${this.text}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    if (this.#process.exitCode === null && this.#process.signalCode === null) await gone
  }
}
