/** The real `voice-pocket` program (or any other), as a test sees it: what it says, and that it is gone afterwards. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url))

/** Nothing on a loaded machine takes so long; it only keeps a broken test from waiting for ever. */
const PATIENCE_MS = 120_000

export interface ProgramOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export class Program {
  readonly process: ChildProcess
  readonly lines: string[] = []
  readonly exited: Promise<number | NodeJS.Signals>
  readonly #watchers = new Set<() => void>()

  constructor(
    [file, ...args]: readonly [string, ...string[]],
    { cwd = REPOSITORY, env = {} }: ProgramOptions,
  ) {
    this.process = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // `close` comes when the last of its own children has let go of its output as well.
    this.exited = once(this.process, 'close').then(([code, signal]) => {
      this.#wake()
      return signal ?? code
    })
    for (const stream of [this.process.stdout, this.process.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#hear(line))
    }
  }

  get output(): string {
    return this.lines.join('\n')
  }

  /** The first match in what it said or will say. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const found = Promise.withResolvers<RegExpExecArray>()
    const look = () => {
      const match = pattern.exec(this.output)
      if (match) found.resolve(match)
      else if (this.process.exitCode !== null)
        found.reject(new Error(`It ended without ${pattern}:\n${this.output}`))
    }
    const timer = setTimeout(
      () => found.reject(new Error(`It never said ${pattern}:\n${this.output}`)),
      PATIENCE_MS,
    )
    this.#watchers.add(look)
    look()
    try {
      return await found.promise
    } finally {
      clearTimeout(timer)
      this.#watchers.delete(look)
    }
  }

  /** Its exit code, or the signal that ended it. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals> {
    this.process.kill(signal)
    return this.exited
  }

  /** Whatever state it is in. */
  async end(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.exited
  }

  #hear(line: string): void {
    this.lines.push(line)
    this.#wake()
  }

  #wake(): void {
    for (const look of this.#watchers) look()
  }
}
