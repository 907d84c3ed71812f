/** Forms with files (RFC 7578) that go to the disk as they come in: what is too large is refused before it is stored. */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { type Readable, Readable as Streams } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { Busboy, type BusboyConfig } from '@fastify/busboy'
import { RecordingError } from '../exceptions.ts'
import { atMost, IncomingFolder, tooLarge } from '../voices/incoming.ts'
import { HttpProblem } from './errors.ts'

export interface UploadLimits {
  readonly files: number
  /** Of one file. */
  readonly fileBytes: number
  /** Of all that is sent. */
  readonly totalBytes: number
}

export interface UploadedFile {
  readonly field: string
  readonly path: string
  /** As whoever sent it calls it: for people, never for a path. */
  readonly label: string
}

/** Dispose of it: its files are on the disk until then. */
export interface Upload extends AsyncDisposable {
  readonly files: readonly UploadedFile[]
  /** What was sent last under each name. */
  readonly fields: Readonly<Record<string, string>>
}

const MAX_FIELDS = 20
const MAX_FIELD_BYTES = 64 * 1024
/** Rejects HttpProblem for what is no form, RecordingError for what is too large; then nothing is on the disk. */
export async function receiveUpload(request: Request, limits: UploadLimits): Promise<Upload> {
  const contentType = request.headers.get('content-type') ?? ''
  if (!/^multipart\/form-data\s*;.*boundary=/i.test(contentType) || request.body === null) {
    const given = contentType === '' ? 'missing' : contentType
    throw new HttpProblem(
      415,
      'unsupported_media_type',
      `The content type is ${given}; send multipart/form-data.`,
    )
  }
  if (Number(request.headers.get('content-length')) > limits.totalBytes) throw tooLarge(limits.totalBytes)
  const folder = await IncomingFolder.create()
  try {
    const form = await receive(request.body as ReadableStream, contentType, folder.path, limits)
    return { ...form, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
  } catch (error) {
    await folder[Symbol.asyncDispose]()
    throw error
  }
}

async function receive(body: ReadableStream, contentType: string, folder: string, limits: UploadLimits) {
  const parser = openParser(contentType, limits)
  const refused = new AbortController()
  const refuse = (error: unknown) => refused.abort(error)
  const fields: Record<string, string> = Object.create(null)
  const files: Promise<UploadedFile>[] = []
  parser.on('field', (name, value, _nameTruncated, valueTruncated) => {
    if (valueTruncated)
      refuse(invalidForm(`the field ${name.slice(0, 100)} is longer than ${MAX_FIELD_BYTES} bytes`))
    fields[name] = value
  })
  parser.on('file', (field, content, filename) => {
    const path = join(folder, String(files.length))
    const label = (filename ?? `${field} ${files.length + 1}`).slice(0, 100)
    const file = store(content, path, limits.fileBytes, refused.signal).then(() => ({ field, path, label }))
    file.catch(refuse)
    files.push(file)
  })
  parser.on('filesLimit', () => refuse(invalidForm(`there are more than ${limits.files} files`)))
  parser.on('fieldsLimit', () => refuse(invalidForm(`there are more than ${MAX_FIELDS} fields`)))
  try {
    await pipeline(Streams.fromWeb(body), atMost(limits.totalBytes), parser, { signal: refused.signal })
    return { files: await Promise.all(files), fields }
  } catch (error) {
    refuse(error)
    await Promise.allSettled(files)
    throw asProblem(refused.signal.reason)
  }
}

/** @throws HttpProblem for a boundary that is none, or too long */
function openParser(contentType: string, { files, fileBytes }: UploadLimits): InstanceType<typeof Busboy> {
  const config: BusboyConfig = {
    headers: { 'content-type': contentType },
    limits: { files, fileSize: fileBytes, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES },
  }
  try {
    return new Busboy(config)
  } catch (cause) {
    throw invalidForm(`the boundary in its content type (${(cause as Error).message})`)
  }
}

async function store(content: Readable, path: string, maxBytes: number, signal: AbortSignal): Promise<void> {
  content.once('limit', () => content.destroy(tooLarge(maxBytes)))
  await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal })
}

function invalidForm(what: string): HttpProblem {
  return new HttpProblem(400, 'invalid_form', `The form cannot be read: ${what}.`)
}

function asProblem(error: unknown): unknown {
  if (error instanceof HttpProblem || error instanceof RecordingError) return error
  if (error instanceof Error && 'syscall' in error) return error
  return invalidForm(error instanceof Error ? error.message : String(error))
}
