import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { type Encoding, encodeLive } from '../../audio/encode.ts'
import type { Sound } from '../../audio/sound.ts'
import type { SpeechAudio } from '../../speech-service.ts'
import { readRange, type Slice } from '../byte-range.ts'
import { HttpProblem } from '../errors.ts'

/** The sound of a request, whole or in part. */
export async function audioResponse(uuid: string, audio: SpeechAudio, request: Request): Promise<Response> {
  // What a file system tells of its files is nobody's business.
  const etag = `"${createHash('sha256').update(audio.generation).digest('hex').slice(0, 32)}"`
  const headers: Record<string, string> = {
    'Content-Type': audio.contentType,
    'Content-Disposition': `inline; filename="${uuid}.${audio.extension}"`,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, no-cache',
    'Last-Modified': audio.modifiedAt.toUTCString(),
    ETag: etag,
  }
  if (matches(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers })
  // An address is signed for one method.
  if (request.method === 'GET' && audio.presign) return redirect(await audio.presign())
  const slice = wantedSlice(request, audio.size, etag)
  if (slice === 'unsatisfiable') {
    const detail = `The audio has ${audio.size} bytes, none of them in the range asked for.`
    throw new HttpProblem(416, 'range_not_satisfiable', detail, {
      headers: { 'Content-Range': `bytes */${audio.size}` },
    })
  }
  const { start, end } = slice ?? { start: 0, end: audio.size }
  headers['Content-Length'] = String(end - start)
  if (slice) headers['Content-Range'] = `bytes ${start}-${end - 1}/${audio.size}`
  const body = request.method === 'HEAD' ? null : await readBody(audio, { start, end })
  return new Response(body, { status: slice ? 206 : 200, headers })
}

/** The address is a key to the file for as long as it is good, so nobody on the way may keep it. */
function redirect(address: string): Response {
  const headers = { Location: address, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' }
  return new Response(null, { status: 307, headers })
}

/** What is heard while it is made: nobody knows its length, and what was sent cannot be asked for again. */
export function liveResponse(
  uuid: string,
  sound: Sound,
  encoding: Encoding,
  left: AbortController,
): Response {
  const { contentType, extension } = encoding.format
  return new Response(encodeLive(sound, encoding, left), {
    headers: {
      'Content-Type': contentType,
      'Content-Disposition': `inline; filename="${uuid}.${extension}"`,
      'Cache-Control': 'no-store',
    },
  })
}

/** A part is only of use to somebody who has the rest of the same file (If-Range). */
function wantedSlice(request: Request, size: number, etag: string): ReturnType<typeof readRange> {
  const condition = request.headers.get('if-range')
  if (condition !== null && condition !== etag) return undefined
  return readRange(request.headers.get('range') ?? undefined, size)
}

async function readBody(audio: SpeechAudio, slice: Slice): Promise<ReadableStream> {
  return Readable.toWeb(await audio.read(slice)) as ReadableStream
}

function matches(header: string | null, etag: string): boolean {
  const wanted = header?.split(',').map((each) => each.trim()) ?? []
  return wanted.some((each) => ['*', etag, `W/${etag}`].includes(each))
}
