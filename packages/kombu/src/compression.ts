/**
 * Compressed bodies, by the content types Kombu writes in the `compression` header (kombu/compression.py).
 * A sender chooses how small a body travels, so the receiver bounds how large it may become.
 */
import zlib from 'node:zlib'
import { DecodeError, InvalidValueError } from './exceptions.ts'

interface Method {
  readonly contentType: string
  readonly compress: (body: Buffer) => Buffer
  readonly decompress: (body: Buffer, maxOutputLength: number) => Buffer
}

/** Kombu calls it gzip and writes a zlib stream; `unzipSync` reads that and real gzip. */
const gzip: Method = {
  contentType: 'application/x-gzip',
  compress: (body) => zlib.deflateSync(body),
  decompress: (body, maxOutputLength) => zlib.unzipSync(body, { maxOutputLength }),
}
const brotli: Method = {
  contentType: 'application/x-brotli',
  compress: (body) => zlib.brotliCompressSync(body),
  decompress: (body, maxOutputLength) => zlib.brotliDecompressSync(body, { maxOutputLength }),
}
const zstd: Method = {
  contentType: 'application/zstd',
  compress: (body) => zlib.zstdCompressSync(body),
  decompress: (body, maxOutputLength) => zlib.zstdDecompressSync(body, { maxOutputLength }),
}

const METHODS: Readonly<Record<string, Method>> = {
  gzip,
  zlib: gzip,
  [gzip.contentType]: gzip,
  brotli,
  [brotli.contentType]: brotli,
  zstd,
  zstandard: zstd,
  [zstd.contentType]: zstd,
}

const UNSUPPORTED: Readonly<Record<string, string>> = {
  'application/x-bz2': 'bzip2',
  'application/x-lzma': 'lzma',
  bzip: 'bzip2',
  bzip2: 'bzip2',
  lzma: 'lzma',
  xz: 'lzma',
}

export interface Compressed {
  readonly body: Buffer
  /** For the `compression` header. */
  readonly contentType: string
}

export function compress(body: Buffer, compression: string): Compressed {
  const method = METHODS[compression]
  if (!method) throw new InvalidValueError(unavailable(compression))
  return { body: method.compress(body), contentType: method.contentType }
}

export function decompress(body: Buffer, compression: string, maxBytes: number): Buffer {
  const method = METHODS[compression]
  if (!method) throw new DecodeError(unavailable(compression))
  try {
    return method.decompress(body, maxBytes)
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new DecodeError(
        `the ${compression} body is larger than ${maxBytes} bytes (maxDecompressedBytes)`,
        { cause },
      )
    }
    throw new DecodeError(`the body is not ${compression}: ${String(cause)}`, { cause })
  }
}

function unavailable(compression: string): string {
  const known = UNSUPPORTED[compression]
  const what = known
    ? `${known} compression is not available here`
    : `unknown compression ${JSON.stringify(compression)}`
  return `${what}; use gzip, brotli or zstd`
}
