import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { RecordingError } from '../exceptions.ts'

const FOLDER = 'voice-pocket-uploads'
/** Longer than anything is looked at: what is older was left by a process that was killed. */
const ABANDONED_MS = 60 * 60 * 1000

/**
 * A folder for recordings that are being looked at, readable by nobody else, and gone when it is disposed of. What a
 * killed process left there is somebody's voice: it goes as soon as the next recording comes.
 */
export class IncomingFolder implements AsyncDisposable {
  readonly path: string

  static async create(): Promise<IncomingFolder> {
    const parent = join(tmpdir(), FOLDER)
    await mkdir(parent, { recursive: true, mode: 0o700 })
    await removeAbandoned(parent)
    return new IncomingFolder(await mkdtemp(join(parent, 'upload-')))
  }

  private constructor(path: string) {
    this.path = path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

/** Fails with a RecordingError when more comes than so many bytes. */
export function atMost(bytes: number): Transform {
  let seen = 0
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      seen += chunk.length
      if (seen > bytes) done(tooLarge(bytes))
      else done(null, chunk)
    },
  })
}

export function tooLarge(bytes: number): RecordingError {
  const detail = `That is more than ${Math.floor(bytes / 1024 / 1024)} MB`
  return new RecordingError('too_large', `${detail}; send less, or what is compressed (FLAC, Opus, MP3).`)
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name)
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
    if (mtimeMs < Date.now() - ABANDONED_MS) await rm(path, { recursive: true, force: true })
  }
}
