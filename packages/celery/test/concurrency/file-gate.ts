/** Gates between processes, as files in a folder: a task says that it is there, and waits until it may go on. */
import { existsSync, watch } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { within } from '../within.ts'

export class FileGate {
  readonly #entered: string
  readonly #opened: string

  constructor(folder: string, name: string) {
    this.#entered = join(folder, `${name}.entered`)
    this.#opened = join(folder, `${name}.opened`)
  }

  /** Says that the task is there. */
  async enter(): Promise<void> {
    await writeFile(this.#entered, '')
  }

  async pass(): Promise<void> {
    await this.enter()
    await appeared(this.#opened)
  }

  /** Resolves when the task is there. */
  entered(): Promise<void> {
    return appeared(this.#entered)
  }

  async open(): Promise<void> {
    await writeFile(this.#opened, '')
  }
}

async function appeared(path: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => existsSync(path) && resolve()
  const watcher = watch(dirname(path), look)
  look() // it may have been there before
  try {
    await within(promise, () => `${path} did not appear`)
  } finally {
    watcher.close()
  }
}
