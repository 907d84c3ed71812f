/** Another process that uses the same results: this file is both its program and the handle to it. */
import { type ChildProcess, fork } from 'node:child_process'
import { on } from 'node:events'
import { type BackendOptions, createBackend } from '../src/backends/index.ts'

export interface SharedStore {
  readonly url: string
  readonly options: BackendOptions
}

/** Runs `watch` (says each state it sees) or `store` (stores a SUCCESS) on a task, and ends. */
export class Peer {
  readonly #child: ChildProcess
  readonly #messages: AsyncIterableIterator<unknown[]>

  constructor({ url, options }: SharedStore, what: 'watch' | 'store', taskId: string) {
    this.#child = fork(import.meta.filename, [what, taskId, url, JSON.stringify(options)])
    this.#messages = on(this.#child, 'message', { close: ['exit'] }) as AsyncIterableIterator<unknown[]>
  }

  /** What it says next; undefined when it has ended. */
  async next(): Promise<unknown> {
    const { value, done } = await this.#messages.next()
    return done ? undefined : value[0]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while ((await this.next()) !== undefined) {
      // it may have more to say before it ends
    }
    if (this.#child.exitCode !== 0) throw new Error(`The peer ended with exit code ${this.#child.exitCode}.`)
  }
}

async function main([what, taskId = '', url = '', options = '{}']: string[]): Promise<void> {
  await using backend = await createBackend(url, JSON.parse(options))
  if (what === 'store') {
    await backend.markAsDone(taskId, { by: 'the peer' })
  } else {
    for await (const { status, result } of backend.watch(taskId)) process.send?.({ status, result })
  }
  process.disconnect()
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
