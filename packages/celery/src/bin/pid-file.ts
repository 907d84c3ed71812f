import { readFile, rm, writeFile } from 'node:fs/promises'
import { CommandFailed } from './failure.ts'

/**
 * A file with the id of a running process, so that the same program is not started twice from one folder. One that a
 * dead process left is taken over. Without a path there is no file, and nothing to do.
 */
export class PidFile {
  readonly #path: string | undefined

  /** @throws CommandFailed while the process in it runs */
  static async create(path: string | undefined): Promise<PidFile> {
    if (path === undefined) return new PidFile(undefined)
    try {
      await writeFile(path, `${process.pid}\n`, { flag: 'wx' })
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new CommandFailed(`The pidfile ${path} cannot be written: ${(cause as Error).message}`)
      await takeOver(path)
    }
    return new PidFile(path)
  }

  private constructor(path: string | undefined) {
    this.#path = path
  }

  /** Twice is fine. */
  async remove(): Promise<void> {
    if (this.#path !== undefined) await rm(this.#path, { force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove()
  }
}

async function takeOver(path: string): Promise<void> {
  const text = (await readFile(path, 'utf8')).trim()
  const pid = Number(text)
  if (text !== '' && !(Number.isInteger(pid) && pid > 0))
    throw new CommandFailed(
      `The pidfile ${path} holds no process id. Remove it if it is not another program's.`,
    )
  if (text !== '' && pid !== process.pid && isRunning(pid))
    throw new CommandFailed(`Pidfile (${path}) already exists. Seems we're already running? (pid: ${pid})`)
  await writeFile(path, `${process.pid}\n`)
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // it is somebody else's
  }
}
