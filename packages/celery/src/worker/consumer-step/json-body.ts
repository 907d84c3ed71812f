/**
 * Bytes from any language become one JSON object. Lenient about labels, because senders' libraries choose them:
 * Spring's Jackson2JsonMessageConverter says `application/json` and adds `__TypeId__`, pika says nothing at all,
 * a converter for plain strings says `text/plain` or wraps the JSON in a second JSON string. Strict about the bytes.
 */
import { DecodeError, readPayload } from '@voice-pocket/kombu'
import { MalformedMessageError } from '../../exceptions.ts'

export interface RawMessage {
  readonly body: Buffer
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  readonly headers: Readonly<Record<string, unknown>>
}

export type JsonObject = Record<string, unknown>

/** What Kombu would call `accept`. `+json` suffixes are accepted besides. */
const ACCEPTED_CONTENT_TYPES: readonly string[] = [
  'application/json',
  'application/x-json',
  'text/json',
  'text/x-json',
  'text/plain',
  'application/octet-stream',
  'application/data',
]

/** Labels of content encoding that say nothing about the charset. */
const NO_CHARSET: readonly string[] = ['', 'binary', 'ascii-8bit', 'identity', '8bit', '7bit']

/** Throws nothing but MalformedMessageError. */
export function readJsonObject(message: RawMessage, maxBytes: number): JsonObject {
  const { mediaType, charset } = readContentType(message.contentType)
  refuseOtherTypes(mediaType)
  const body = decompressed(message, maxBytes)
  if (body.length === 0)
    throw new MalformedMessageError('empty_body', 'The body is empty; send a JSON object.')
  if (body.length > maxBytes) throw tooLarge(`The body has ${body.length} bytes`, maxBytes)
  const text = decodeText(body, charset ?? charsetOfEncoding(message.contentEncoding))
  const value = parseJson(text)
  return asObject(typeof value === 'string' ? parseJson(value) : value)
}

function readContentType(contentType: string | undefined): {
  mediaType: string
  charset: string | undefined
} {
  const [mediaType = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim())
  const charset = parameters
    .map((parameter) => /^charset\s*=\s*"?([^"]*)"?$/i.exec(parameter)?.[1])
    .find(Boolean)
  return { mediaType: mediaType.toLowerCase(), charset: charset?.toLowerCase() }
}

function charsetOfEncoding(contentEncoding: string | undefined): string | undefined {
  const label = (contentEncoding ?? '').trim().toLowerCase().replaceAll('_', '-')
  return NO_CHARSET.includes(label) ? undefined : label
}

function refuseOtherTypes(mediaType: string): void {
  if (mediaType === '' || ACCEPTED_CONTENT_TYPES.includes(mediaType) || mediaType.endsWith('+json')) return
  const detail = `The content type is ${JSON.stringify(mediaType)}; send application/json.`
  throw new MalformedMessageError('unsupported_content_type', detail)
}

/** Kombu compresses bodies and says so in a header; a small one could become very large. */
function decompressed({ body, headers }: RawMessage, maxBytes: number): Buffer {
  if (!headers.compression) return body
  const bytes = { body, headers: { ...headers }, contentType: 'application/data', contentEncoding: 'binary' }
  try {
    return readPayload(bytes, { accept: ['raw'], maxDecompressedBytes: maxBytes }) as Buffer
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    if (cause.cause instanceof RangeError)
      throw tooLarge('The compressed body is larger than it looks', maxBytes, cause)
    const detail = `The body cannot be decompressed: ${cause.message}.`
    throw new MalformedMessageError('unsupported_encoding', detail, { cause })
  }
}

function tooLarge(what: string, maxBytes: number, cause?: unknown): MalformedMessageError {
  const detail = `${what}; at most ${maxBytes} are read (maxBodyBytes). Send a shorter message.`
  return new MalformedMessageError('body_too_large', detail, { cause })
}

function decodeText(body: Uint8Array, charset: string | undefined): string {
  const label = charsetOfBytes(body) ?? charset ?? 'utf-8'
  const decode = decoderOf(label)
  try {
    return decode(body)
  } catch (cause) {
    const detail = `The bytes are not ${label}${charset ? ', which the message claims' : ''}; send UTF-8.`
    throw new MalformedMessageError('wrong_encoding', detail, { cause })
  }
}

/** https://encoding.spec.whatwg.org names the labels. `fatal`, for a replacement character would be spoken. */
function decoderOf(label: string): (body: Uint8Array) => string {
  try {
    const decoder = new TextDecoder(label, { fatal: true })
    return (body) => decoder.decode(body)
  } catch (cause) {
    const detail = `The encoding is ${JSON.stringify(label)}, which is not read here; send UTF-8.`
    throw new MalformedMessageError('unsupported_encoding', detail, { cause })
  }
}

/** JSON begins with an ASCII character, so a byte order mark or a zero byte tells UTF-16, whatever the label says. */
function charsetOfBytes(body: Uint8Array): string | undefined {
  const [first, second] = body
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be'
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le'
  if (first === 0xef && second === 0xbb && body[2] === 0xbf) return 'utf-8'
  return undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const detail = `The text is not JSON (${error instanceof Error ? error.message : String(error)}).`
    throw new MalformedMessageError('not_json', detail, { cause: error })
  }
}

function asObject(value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  const kind = Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`
  throw new MalformedMessageError('not_an_object', `The JSON is ${kind}; send an object.`)
}
