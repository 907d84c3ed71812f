import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { RecordingError } from '../exceptions.ts'

/** Directly below the system's own folder for such files, in which nobody can take away what is another's. */
const PREFIX = join(tmpdir(), 'voice-pocket-upload-')
/** Longer than anything is looked at: what is older was left by a process that was killed. */
const ABANDONED_MS = 60 * 60 * 1000

/**
 * A folder for recordings that are being looked at, readable by nobody else, and gone when it is disposed of. What a
 * killed process left there is somebody's voice: it goes as soon as the next recording comes.
 */
export class IncomingFolder implements AsyncDisposable {
  readonly path: string

  static async create(): Promise<IncomingFolder> {
    await removeAbandoned()
    return new IncomingFolder(await mkdtemp(PREFIX))
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

async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const path = join(tmpdir(), name)
    if (path.startsWith(PREFIX) && (await isAbandoned(path))) await rm(path, { recursive: true, force: true })
  }
}

/** Another user's is not ours to look after, and one that is gone is gone. */
async function isAbandoned(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined || found.uid !== (process.getuid?.() ?? found.uid)) return false
  return found.mtimeMs < Date.now() - ABANDONED_MS
}
