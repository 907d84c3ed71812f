import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A Python client on the same results; it answers one question after the other. */
export class PythonPeer {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #answers: AsyncIterator<string>

  /** @param python path of the interpreter */
  constructor(python: string, backendUrl: string, keyPrefix: string) {
    const program = join(import.meta.dirname, 'python_peer.py')
    this.#process = spawn(python, [program, backendUrl, keyPrefix])
    this.#process.stderr.pipe(process.stderr)
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  async ask(command: 'get' | 'meta' | 'succeed' | 'fail', taskId: string): Promise<Record<string, unknown>> {
    this.#process.stdin.write(`${JSON.stringify([command, taskId])}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error(`Python ended instead of an answer to ${command}; its words are above.`)
    return JSON.parse(value)
  }

  async end(): Promise<void> {
    this.#process.stdin.end()
    await once(this.#process, 'exit')
  }
}
