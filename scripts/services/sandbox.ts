import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Environment, ServiceError } from './service.ts'

/**
 * Reads `group PID` lines and, when its input ends, kills those process groups and removes the folder given as $1.
 * A folder can take a moment to empty, because killed processes still finish their last write.
 */
const REAPER = `
trap '' INT TERM HUP
groups=
while read -r word pid; do groups="$groups -$pid"; done
[ -z "$groups" ] || kill -KILL $groups 2>/dev/null
tries=0
until rm -rf -- "$1" 2>/dev/null || [ $tries -ge 50 ]; do tries=$((tries + 1)); sleep 0.1; done
`

/** No server takes so long to start, however slow the machine. */
const PATIENCE_MS = 180_000

/**
 * Owns everything that must be gone afterwards: a temporary folder and the process groups started in it.
 *
 * Cleaning up has one way only: a small shell in a session of its own holds the other end of a pipe, and acts
 * when the pipe closes. So the servers also end when this process is killed and can run no code any more.
 */
export class Sandbox implements AsyncDisposable {
  readonly #folder: string
  readonly #reaper: ChildProcess

  private constructor(folder: string) {
    this.#folder = folder
    this.#reaper = spawn('sh', ['-c', REAPER, 'reaper', folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
  }

  static async create(): Promise<Sandbox> {
    return new Sandbox(await mkdtemp(join(tmpdir(), 'test-services-')))
  }

  async folder(name: string): Promise<string> {
    const path = join(this.#folder, name)
    await mkdir(path, { recursive: true })
    return path
  }

  /** Ends the process group that `child` leads together with the sandbox. */
  adopt(child: ChildProcess): void {
    if (child.pid !== undefined) this.#reaper.stdin?.write(`group ${child.pid}\n`)
  }

  /** Starts a server; its output is kept, and shown should it end or take too long before `ready` resolves. */
  async serve(
    command: readonly [string, ...string[]],
    options: { environment: Environment; folder: string },
    ready: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted()
    const path = join(options.folder, 'output.log')
    const log = await open(path, 'w')
    const [file, ...args] = command
    const child = spawn(file, args, {
      cwd: options.folder,
      env: options.environment,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    })
    this.adopt(child)
    const ended = new AbortController()
    child.once('error', (error) => ended.abort(error))
    child.once('exit', (code, name) => ended.abort(`exit code ${code ?? name}`))
    await log.close()
    const late = AbortSignal.timeout(PATIENCE_MS)
    try {
      await ready(AbortSignal.any([signal, ended.signal, late]))
    } catch (cause) {
      if (signal.aborted || !(ended.signal.aborted || late.aborted)) throw cause
      const what = ended.signal.aborted
        ? `ended by itself (${ended.signal.reason})`
        : `does not answer after ${PATIENCE_MS / 1000} s`
      throw new ServiceError(`${file} ${what}:\n${await readFile(path, 'utf8')}`, { cause })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reaper.stdin?.end()
    if (this.#reaper.exitCode === null) await once(this.#reaper, 'exit')
  }
}
