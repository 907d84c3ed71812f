import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ModelError } from '../exceptions.ts'

export interface Download {
  readonly url: string
  /** Where the file is kept while it is not whole, and afterwards. */
  readonly folder: string
  /** In hexadecimal; a file with another is not kept. */
  readonly sha256?: string
  readonly onProgress?: (bytes: number, total: number | undefined) => void
  readonly signal?: AbortSignal
  /** How often it goes on by itself after the connection was lost. */
  readonly retries?: number
}

/** Models have a few hundred megabytes. */
const MAX_BYTES = 8 * 1024 ** 3
/** A server that sends nothing for so long sends nothing any more. */
const STALL_MS = 30_000
const RETRIES = 5
const RETRY_DELAY_MS = 1_000

/**
 * Gets a file, and goes on where an earlier try ended, even one of another day: the beginning is kept together with the
 * mark (ETag or date) of the file that it is of. Resolves with the path of the whole file. @throws ModelError
 */
export async function download(request: Download): Promise<string> {
  const { url, folder, sha256, signal, retries = RETRIES } = request
  const name = createHash('sha256').update(url).digest('hex').slice(0, 16)
  const path = join(folder, `${name}-${basename(new URL(url).pathname)}`)
  for (let attempt = 0; ; attempt++) {
    try {
      await continueDownload(request, path)
      break
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof ModelError || attempt >= retries) throw asModelError(url, error)
      await sleep(RETRY_DELAY_MS * attempt, undefined, signal && { signal })
    }
  }
  await rm(markOf(path), { force: true })
  try {
    await assertChecksum(path, url, sha256)
  } catch (error) {
    await rm(path) // to go on with it would end the same way
    throw error
  }
  return path
}

/** @throws ModelError when it has another */
export async function assertChecksum(path: string, place: string, wanted: string | undefined): Promise<void> {
  if (wanted === undefined) return
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  const actual = hash.digest('hex')
  if (actual === wanted.toLowerCase()) return
  throw new ModelError(`${place} has the SHA-256 ${actual}, but must have ${wanted}. Do not use it.`)
}

async function continueDownload({ url, onProgress, signal }: Download, path: string): Promise<void> {
  const mark = await readFile(markOf(path), 'utf8').catch(() => '')
  const have = mark === '' ? 0 : await sizeOf(path)
  const stalled = new AbortController()
  const stop = () => stalled.abort(new Error(`nothing came for ${STALL_MS / 1000} s`))
  const timer = setTimeout(stop, STALL_MS)
  try {
    const response = await fetch(url, {
      headers: have > 0 ? { Range: `bytes=${have}-`, 'If-Range': mark } : {},
      signal: signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]),
    })
    if (response.status === 416 && have > 0) return await settleEnd(response, path, have)
    const from = response.status === 206 ? have : 0
    const total = expectedSize(response, from, url)
    await writeFile(markOf(path), response.headers.get('etag') ?? response.headers.get('last-modified') ?? '')
    await using file = await open(path, from > 0 ? 'a' : 'w')
    const bytes = await append(file, response, from, (count) => {
      timer.refresh()
      onProgress?.(count, total)
    })
    if (total !== undefined && bytes < total) throw new Error(`it ended after ${bytes} of ${total} bytes`)
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Nothing comes behind what is kept: all of it is there, of a call that was interrupted at the very end. Or else it is
 * of another file, and the next attempt begins anew.
 */
async function settleEnd(response: Response, path: string, have: number): Promise<void> {
  await response.body?.cancel()
  const [, size] = /^bytes \*\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? []
  if (Number(size) === have) return
  await rm(markOf(path), { force: true })
  throw new Error(`it has ${size ?? 'not as many'} bytes, and ${have} of another were kept`)
}

async function append(
  file: FileHandle,
  response: Response,
  from: number,
  onBytes: (bytes: number) => void,
): Promise<number> {
  let bytes = from
  for await (const chunk of response.body ?? []) {
    await file.writeFile(chunk)
    bytes += chunk.length
    if (bytes > MAX_BYTES)
      throw new ModelError(`The file has more than ${MAX_BYTES} bytes, which no model has.`)
    onBytes(bytes)
  }
  return bytes
}

/** Of the whole file, as far as the server says. */
function expectedSize(response: Response, from: number, url: string): number | undefined {
  if (response.status >= 500 || response.status === 429)
    throw new Error(`the server answered ${response.status}`)
  if (!response.ok) throw new ModelError(`${url} answered ${response.status}; correct the address.`)
  const length = response.headers.get('content-length')
  const isEncoded = response.headers.has('content-encoding')
  return length === null || isEncoded ? undefined : from + Number(length)
}

const markOf = (path: string) => `${path}.mark`

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

function asModelError(url: string, error: unknown): ModelError {
  if (error instanceof ModelError) return error
  const { message, cause } = error as Error
  const reason = cause instanceof Error ? cause.message : message
  return new ModelError(`${url} could not be got: ${reason}. Try again; it goes on where it ended.`, {
    cause: error,
  })
}
