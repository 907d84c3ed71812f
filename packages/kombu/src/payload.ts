import { decompress } from './compression.ts'
import { DecodeError } from './exceptions.ts'
import { registry } from './serialization.ts'
import type { Payload } from './transport/base.ts'

export const DEFAULT_ACCEPT: readonly string[] = ['json']
/** 64 MiB: a thousand times any ordinary message, and no danger to a process. */
export const MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024

export interface ReadOptions {
  /** Serializer names or content types that may be decoded. */
  readonly accept: readonly string[]
  /** A body that is larger than this, or would grow beyond it, is refused before it is decoded. */
  readonly maxDecompressedBytes?: number
}

/** The value a payload carries, decompressed and decoded. Throws ContentDisallowed or DecodeError. */
export function readPayload(payload: Omit<Payload, 'properties'>, options: ReadOptions): unknown {
  const { accept, maxDecompressedBytes = MAX_DECOMPRESSED_BYTES } = options
  if (payload.body.length > maxDecompressedBytes) {
    throw new DecodeError(
      `the body has ${payload.body.length} bytes and is larger than ${maxDecompressedBytes} bytes (maxDecompressedBytes)`,
    )
  }
  const { compression } = payload.headers
  const body = compression
    ? decompress(payload.body, String(compression), maxDecompressedBytes)
    : payload.body
  return registry.loads(body, payload.contentType, payload.contentEncoding, accept)
}
