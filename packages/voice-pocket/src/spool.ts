import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const CHUNK_BYTES = 64 * 1024

/**
 * A file in the making, kept on the disk so that hours of sound need no memory. A storage can not go back to what it
 * has written, so what needs to waits here until it is complete. The file has no name: when the process dies, even by
 * kill -9, it is gone.
 */
export class Spool implements AsyncDisposable {
  readonly #file: FileHandle
  #bytes = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** `folder` is the system's own for such files when not told. */
  static async create(folder: string = tmpdir()): Promise<Spool> {
    const path = join(folder, `voice-pocket-${randomUUID()}.spool`)
    const file = await open(path, 'wx+', 0o600)
    await rm(path)
    return new Spool(file)
  }

  get bytes(): number {
    return this.#bytes
  }

  /** At the end unless told where. */
  async write(bytes: Uint8Array, position: number = this.#bytes): Promise<void> {
    let written = 0
    while (written < bytes.length) {
      const rest = bytes.length - written
      written += (await this.#file.write(bytes, written, rest, position + written)).bytesWritten
    }
    this.#bytes = Math.max(this.#bytes, position + bytes.length)
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (let offset = 0; offset < this.#bytes; ) {
      const length = Math.min(CHUNK_BYTES, this.#bytes - offset)
      const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, offset)
      yield buffer.subarray(0, bytesRead)
      offset += bytesRead
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}
