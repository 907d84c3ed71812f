import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { within } from '../within.ts'
import type { PythonEnvironment } from './python-processes.ts'

/** An event as Python heard it, and what it then took the cluster for. */
export interface Heard {
  readonly event: Readonly<Record<string, unknown>>
  readonly alive: readonly string[]
  readonly task: string | null
  /** Once a worker left: name, state and worker of each task, by its id. */
  readonly snapshot?: Readonly<Record<string, readonly [string | null, string, string | null]>>
}

/** It hears; with a port, where it answers as well. */
interface Readiness {
  readonly ready: true
  readonly port?: number
}

/** What a program in Python hears of events, and tells in lines of JSON: `hear_events.py`, or one that hears more. */
export class PythonEar {
  readonly heard: Heard[] = []
  readonly #process: ChildProcess
  readonly #ready = Promise.withResolvers<Readiness>()
  readonly #waiting = new Set<() => void>()

  constructor({ python, variables }: PythonEnvironment, program: readonly string[] = ['hear_events.py']) {
    const child = spawn(python, program, {
      cwd: import.meta.dirname,
      env: { ...process.env, ...variables, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#process = child
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(JSON.parse(line)))
  }

  /** Resolves when it hears. */
  ready(): Promise<Readiness> {
    return within(this.#ready.promise, () => 'Python does not hear events')
  }

  /** The first event like this, as soon as it was heard. */
  async hears(type: string, hostname: string, fits: (heard: Heard) => boolean = () => true): Promise<Heard> {
    const isIt = (heard: Heard) =>
      heard.event.type === type && heard.event.hostname === hostname && fits(heard)
    const [found] = await this.hearsAll(1, isIt, `${type} of ${hostname}`)
    return found as Heard
  }

  /** The first so many events that fit, as soon as they were heard. */
  async hearsAll(
    count: number,
    fits: (heard: Heard) => boolean,
    what = `${count} events`,
  ): Promise<readonly Heard[]> {
    for (;;) {
      const found = this.heard.filter(fits)
      if (found.length >= count) return found.slice(0, count)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      const said = () => found.map(({ event }) => event.type).join(', ') || 'nothing'
      await within(promise, () => `Python did not hear ${what}; it heard ${said()}`)
    }
  }

  async end(): Promise<void> {
    this.#process.kill('SIGKILL')
    if (this.#process.exitCode === null) await once(this.#process, 'exit')
  }

  #hear(said: Heard | Readiness): void {
    if ('ready' in said) this.#ready.resolve(said)
    else this.heard.push(said)
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
