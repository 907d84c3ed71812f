import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { within } from '../../within.ts'

const COMMAND = join(import.meta.dirname, '../../../src/bin/celery.ts')
const APP = join(import.meta.dirname, '../../process-app.ts')

interface Ended {
  readonly code: number
  /** The terminal's settings are what they were. */
  readonly restored: boolean
}

/** The `celery` command in a terminal of its own, and what is on its screen. */
export class ScreenProcess {
  /** Everything that was written to the terminal. */
  written = ''
  #stderr = ''
  #tell = () => {}
  readonly #process: ChildProcessWithoutNullStreams
  readonly #closed: Promise<unknown>

  /** Of the app in `process-app.ts`, unless the arguments name another. */
  constructor(python: string, args: readonly string[]) {
    const app = args.includes('-A') ? [] : ['-A', APP]
    const command = [process.execPath, COMMAND, ...app, ...args]
    const env = { ...process.env, TERM: 'xterm-256color', NO_COLOR: undefined, FORCE_COLOR: undefined }
    this.#process = spawn(python, ['in_terminal.py', ...command], { cwd: import.meta.dirname, env })
    this.#closed = once(this.#process, 'close')
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.written += text
      this.#tell()
    })
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    void this.#closed.then(() => this.#tell())
  }

  /** What was drawn last. */
  get screen(): string {
    return stripVTControlCharacters(this.written.split('\u001b[H').at(-1) ?? '')
  }

  /** Resolves when the screen is like this. */
  async shows(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.screen)) {
      if (this.#process.exitCode !== null) throw new Error(`It ended without ${pattern}:\n${this.written}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#tell = resolve
      await within(promise, () => `the screen does not show ${pattern}:\n${this.screen}\n${this.#stderr}`)
    }
  }

  press(keys: string): void {
    this.#order({ keys })
  }

  resize(rows: number, columns: number): void {
    this.#order({ resize: [rows, columns] })
  }

  signal(signal: number): void {
    this.#order({ signal })
  }

  async ended(): Promise<Ended> {
    await within(this.#closed, () => `it does not end:\n${this.screen}`)
    return JSON.parse(this.#stderr)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end()
    await this.#closed
  }

  #order(order: object): void {
    this.#process.stdin.write(`${JSON.stringify(order)}\n`)
  }
}
