import { decompress } from './compression.ts'
import { MAX_DECOMPRESSED_BYTES } from './entity.ts'
import { registry } from './serialization.ts'
import type { Payload } from './transport/base.ts'

export interface ReadOptions {
  /** Serializer names or content types that may be decoded. */
  readonly accept: readonly string[]
  /** A body that would grow beyond this is refused. */
  readonly maxDecompressedBytes?: number
}

/** The value a body carries, decompressed and decoded. Throws ContentDisallowed or DecodeError. */
export function readPayload(payload: Omit<Payload, 'properties'>, options: ReadOptions): unknown {
  const { accept, maxDecompressedBytes = MAX_DECOMPRESSED_BYTES } = options
  const compression = payload.headers['compression']
  const body = compression
    ? decompress(payload.body, String(compression), maxDecompressedBytes)
    : payload.body
  return registry.loads(body, payload.contentType, payload.contentEncoding, accept)
}
