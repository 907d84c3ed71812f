import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import type { Database } from './database.ts'

function start(args: readonly string[], database: Database): ChildProcess {
  return spawn(String(process.env.PYTHON_VENV), args, {
    cwd: import.meta.dirname,
    env: {
      ...process.env,
      REDIS_URL: database.url,
      TRANSPORT_OPTIONS: JSON.stringify(database.transportOptions),
      PYTHONDONTWRITEBYTECODE: '1',
    },
  })
}

/** Kombu in a process of its own, on the same database: see kombu_peer.py for what it can be asked. */
export class KombuPeer {
  readonly #process: ChildProcess
  readonly #lines: AsyncIterator<string>

  static async start(t: TestContext, database: Database): Promise<KombuPeer> {
    const peer = new KombuPeer(start(['kombu_peer.py'], database))
    t.after(() => peer.kill())
    await peer.hear()
    return peer
  }

  private constructor(child: ChildProcess) {
    child.stderr?.pipe(process.stderr)
    this.#process = child
    this.#lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]()
  }

  async ask(command: string, options: Record<string, unknown> = {}): Promise<unknown> {
    this.tell(command, options)
    return this.answer()
  }

  tell(command: string, options: Record<string, unknown> = {}): void {
    this.#process.stdin?.write(`${JSON.stringify({ command, ...options })}\n`)
  }

  async answer(): Promise<unknown> {
    return ((await this.hear()) as { answer: unknown }).answer
  }

  async hear(): Promise<unknown> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('Python ended instead of answering; its words are above')
    return JSON.parse(value)
  }

  /** A consumption that has begun. */
  async consume(count: number, options: Record<string, unknown>): Promise<void> {
    this.tell('consume', { count, ...options })
    await this.hear()
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await once(this.#process, 'exit')
  }
}

/** A worker of Python's Celery without tasks, to be controlled from afar. Resolves when it is ready. */
export async function startCeleryWorker(t: TestContext, database: Database, name: string): Promise<void> {
  const options = [
    '-P',
    'solo',
    '-l',
    'info',
    '-Q',
    'unused',
    '-n',
    name,
    '--without-gossip',
    '--without-mingle',
  ]
  const child = start(['-m', 'celery', '-A', 'kombu_peer', 'worker', ...options], database)
  t.after(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  child.stdout?.resume()
  let text = ''
  for await (const line of createInterface({ input: child.stderr ?? process.stdin })) {
    text += `${line}\n`
    if (!/ ready\./.test(line)) continue
    child.stderr?.resume() // it goes on writing
    return
  }
  throw new Error(`the Python worker ended without being ready:\n${text}`)
}
