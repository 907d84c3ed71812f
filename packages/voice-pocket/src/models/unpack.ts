import { createReadStream } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { PassThrough, pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Parser, type ReadEntry } from 'tar'
import bunzip2 from 'unbzip2-stream'
import { ModelError } from '../exceptions.ts'
import { assertChecksum } from './download.ts'

/** More than any model has; little enough for a disk. */
const MAX_FILES = 20_000
const MAX_BYTES = 8 * 1024 ** 3
/** Text shrinks to a tenth; what shrinks to less than this was made to fill disks. */
const MAX_RATIO = 200
const FREE_BYTES = 16 * 1024 * 1024
const HEADER_BYTES = MAX_FILES * 1024

/**
 * Unpacks a tar archive (plain, .gz or .bz2) into a folder; a single folder at its top is left out. The archive is not
 * trusted: only files and folders are made, all within the folder, and no more of them than a model can have.
 * @throws ModelError that names the entry
 */
export async function unpack(archive: string, folder: string, sha256?: string): Promise<void> {
  await assertChecksum(archive, archive, sha256)
  const { size } = await stat(archive)
  const top = await onlyFolder(archive, size)
  await readEntries(archive, size, async (entry, path) => {
    const inside = top === undefined ? path : posix.relative(top, path)
    const target = join(folder, ...inside.split('/'))
    if (entry.type === 'Directory') {
      entry.resume() // the next one waits until it is read
      await mkdir(target, { recursive: true })
      return
    }
    await mkdir(dirname(target), { recursive: true })
    await using file = await open(target, 'wx')
    for await (const chunk of entry) await file.writeFile(chunk)
  })
}

/** The folder that everything is in, when there is one. */
async function onlyFolder(archive: string, size: number): Promise<string | undefined> {
  const tops = new Set<string>()
  let hasFilesAtTop = false
  await readEntries(archive, size, async (entry, path) => {
    const [top = '', ...rest] = path.split('/')
    tops.add(top)
    if (rest.length === 0 && entry.type !== 'Directory') hasFilesAtTop = true
    entry.resume()
  })
  const [only, ...others] = tops
  if (only === undefined)
    throw new ModelError(`${archive} is empty, or no tar archive (.tar, .tar.gz, .tar.bz2).`)
  return others.length === 0 && !hasFilesAtTop ? only : undefined
}

/** One after the other, each after it was checked. */
async function readEntries(
  archive: string,
  size: number,
  work: (entry: ReadEntry, path: string) => Promise<void>,
): Promise<void> {
  const rules = new EntryRules(archive, size)
  const failed = Promise.withResolvers<never>()
  const ended = Promise.withResolvers<void>()
  const working: Promise<void>[] = []
  const parser = new Parser({ strict: true })
  const take = async (entry: ReadEntry) => {
    const path = rules.check(entry)
    if (path === undefined) entry.resume()
    else await work(entry, path)
  }
  parser.on('entry', (entry: ReadEntry) => {
    working.push(take(entry).catch((error) => failed.reject(inOurWords(archive, entry.path, error))))
  })
  parser.on('error', (cause: Error) => {
    failed.reject(new ModelError(`${archive} cannot be unpacked: ${cause.message}.`, { cause }))
  })
  parser.on('end', () => ended.resolve())
  await Promise.race([feed(parser, archive, rules), failed.promise])
  await Promise.race([ended.promise, failed.promise])
  await Promise.race([Promise.all(working), failed.promise])
}

/** A file in the place of a folder, the same file twice, a name too long: what the system refuses is the archive's fault. */
function inOurWords(archive: string, path: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return error
  const message = `${archive} cannot be unpacked: ${JSON.stringify(path.slice(0, 200))} cannot be written (${error.code}).`
  return new ModelError(message, { cause: error })
}

/** Up to the end of the archive, or of the file: what comes behind two blocks of nothing is none of the archive's. */
async function feed(parser: Parser, archive: string, rules: EntryRules): Promise<void> {
  let isOver = false
  parser.once('eof', () => {
    isOver = true
  })
  try {
    for await (const chunk of await contentOf(archive)) {
      rules.checkContent(chunk.length)
      const goesOn = parser.write(chunk)
      if (isOver) break
      if (!goesOn) await new Promise<void>((resolve) => void parser.once('drain', resolve))
    }
  } catch (cause) {
    if (cause instanceof ModelError) throw cause
    throw new ModelError(`${archive} cannot be unpacked: ${(cause as Error).message}.`, { cause })
  }
  parser.end()
}

/** Decompressed; the first bytes say how, whatever the name. */
async function contentOf(archive: string): Promise<AsyncIterable<Buffer>> {
  const start = Buffer.alloc(3)
  await using file = await open(archive)
  await file.read(start, 0, start.length)
  const bytes = createReadStream(archive)
  if (start.toString('latin1') === 'BZh') return decompressed(bytes)
  // Whoever reads hears of an error of either; whoever has read enough closes both.
  return start[0] === 0x1f && start[1] === 0x8b ? pipeline(bytes, createGunzip(), () => {}) : bytes
}

/** Its stream is of the oldest kind, which cannot be iterated over. */
function decompressed(bytes: Readable): AsyncIterable<Buffer> {
  const plain = new PassThrough()
  const old = bunzip2()
  for (const stream of [bytes, old]) stream.on('error', (error: Error) => plain.destroy(error))
  return bytes.pipe(old).pipe(plain)
}

/** What an entry must be. */
class EntryRules {
  readonly #archive: string
  readonly #maxBytes: number
  #files = 0
  #bytes = 0
  /** Also of headers, and of what is between entries. */
  #content = 0

  constructor(archive: string, size: number) {
    this.#archive = archive
    this.#maxBytes = Math.min(MAX_BYTES, FREE_BYTES + size * MAX_RATIO)
  }

  /** Its path in the archive; undefined for the archive's own root. @throws ModelError */
  check(entry: ReadEntry): string | undefined {
    const { path, type } = entry
    if (type !== 'File' && type !== 'OldFile' && type !== 'Directory') {
      throw this.#refused(path, `is a ${type}, and only files and folders are unpacked`)
    }
    if (path.includes('\\') || path.includes('\0') || /^(\/|[a-z]:)/i.test(path)) {
      throw this.#refused(path, 'is no path within the archive')
    }
    const parts = path.split('/').filter((part) => part !== '' && part !== '.')
    if (parts.includes('..')) throw this.#refused(path, 'leads out of the archive')
    this.#files += 1
    this.#bytes += entry.size
    if (this.#files > MAX_FILES) throw this.#refused(path, `is one of more than ${MAX_FILES} files`)
    if (this.#bytes > this.#maxBytes) {
      throw this.#refused(
        path,
        `makes it more than ${this.#maxBytes} bytes, which this archive cannot honestly hold`,
      )
    }
    return parts.length === 0 ? undefined : parts.join('/')
  }

  /** A header may have any length, and so may nothing at all. @throws ModelError */
  checkContent(bytes: number): void {
    this.#content += bytes
    if (this.#content <= this.#maxBytes + HEADER_BYTES) return
    throw new ModelError(
      `${this.#archive} is not unpacked: it is more than ${this.#maxBytes} bytes, which it cannot honestly hold.`,
    )
  }

  #refused(path: string, rule: string): ModelError {
    return new ModelError(`${this.#archive} is not unpacked: ${JSON.stringify(path)} ${rule}.`)
  }
}
