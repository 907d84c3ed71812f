/**
 * From bytes to text, by what a sender says about them. Senders say it in two places: AMQP's `content_encoding`
 * (Kombu) and the `charset` of the content type (Spring and everything that comes from HTTP).
 */
import { TextDecoder } from 'node:util'
import { DecodeError } from './exceptions.ts'

export interface ContentType {
  /** Lower case, without parameters. */
  readonly name: string
  readonly charset: string | undefined
}

export function parseContentType(contentType: string): ContentType {
  if (!contentType.includes(';')) return { name: contentType.trim().toLowerCase(), charset: undefined }
  const [name = '', ...parameters] = contentType.split(';')
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/i.exec(parameter)?.[1])
    .find((value) => value !== undefined)
  return { name: name.trim().toLowerCase(), charset }
}

/** Content encodings that say "these are bytes". */
export function isBinary(contentEncoding: string | undefined): boolean {
  return contentEncoding !== undefined && ['binary', 'ascii-8bit'].includes(contentEncoding.toLowerCase())
}

/** Strict: bytes that are not text in that charset raise DecodeError instead of turning into U+FFFD. */
export function decodeText(body: Uint8Array, contentEncoding: string | undefined, charset?: string): string {
  const named = isBinary(contentEncoding) ? undefined : contentEncoding
  const label = (named || charset || 'utf-8').toLowerCase().replaceAll('_', '-')
  try {
    return decoderFor(label, body).decode(body)
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause
    throw new DecodeError(
      `the body is not valid ${label} text; have the sender name the encoding it really uses`,
      {
        cause,
      },
    )
  }
}

/** Nearly all that comes is this, and a decoder takes longer to make than to use. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true })

function decoderFor(label: string, body: Uint8Array): TextDecoder {
  if (label === 'utf-8') return UTF_8
  // Python's "utf-16" starts with a byte order mark; WHATWG's means little-endian whatever the mark says.
  const bigEndian = label === 'utf-16' && body[0] === 0xfe && body[1] === 0xff
  try {
    return new TextDecoder(bigEndian ? 'utf-16be' : label, { fatal: true })
  } catch (cause) {
    throw new DecodeError(
      `unknown content encoding ${JSON.stringify(label)}; utf-8 is what every reader knows`,
      {
        cause,
      },
    )
  }
}
