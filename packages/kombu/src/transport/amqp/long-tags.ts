const HEADER_FRAME = 2
const FRAME_PREFIX_BYTES = 7
const FRAME_BYTES_AROUND = 8
/** Longer header frames than any broker sends are left for amqplib to refuse. */
const MAX_HELD_BYTES = 16 * 1024 * 1024

const HAS_CONTENT_TYPE = 0x8000
const HAS_CONTENT_ENCODING = 0x4000
const HAS_HEADERS = 0x2000
/** Class, weight, body size. */
const PROPERTY_FLAGS_AT = 12

/** Bytes of a field value after its tag; the others begin with their own length. */
const FIXED_SIZES: Readonly<Record<string, number>> = {
  ...{ V: 0, t: 1, b: 1, B: 1, s: 2, u: 2, U: 2, I: 4, i: 4, f: 4, D: 5, l: 8, L: 8, d: 8, T: 8 },
}

/** The same bytes under the letters that RabbitMQ gives them, and amqplib knows. */
const SYNONYMS: Readonly<Record<string, string>> = { L: 'l', U: 's' }

/**
 * Lets amqplib read the headers that Python writes. Kombu's AMQP library tags an integer beyond 32 bits with
 * `L`, a letter of the specification that RabbitMQ never used; amqplib gives up the whole connection over it, so
 * one such message would be delivered, and end the connection, for ever. Values of both letters look the same,
 * so it is enough to exchange the letter in the message headers that pass by.
 * https://www.rabbitmq.com/amqp-0-9-1-errata
 */
export class LongTags {
  #held: Buffer = Buffer.alloc(0)
  #passing = 0

  /** Takes bytes as they arrive and gives those that may go on; a header frame goes on when it is complete. */
  rewrite(chunk: Buffer): Buffer | null {
    const data = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk
    let at = Math.min(this.#passing, data.length)
    this.#passing -= at
    while (data.length - at >= FRAME_PREFIX_BYTES) {
      const size = data.readUInt32BE(at + 3)
      const end = at + size + FRAME_BYTES_AROUND
      if (data[at] === HEADER_FRAME && size <= MAX_HELD_BYTES) {
        if (end > data.length) break
        rewriteHeader(data.subarray(at + FRAME_PREFIX_BYTES, end - 1))
      }
      this.#passing = Math.max(0, end - data.length)
      at = Math.min(end, data.length)
    }
    this.#held = data.subarray(at)
    return at === 0 ? null : data.subarray(0, at)
  }
}

function rewriteHeader(payload: Buffer): void {
  const flags = payload.readUInt16BE(PROPERTY_FLAGS_AT)
  if (!(flags & HAS_HEADERS)) return
  let at = PROPERTY_FLAGS_AT + 2
  for (const flag of [HAS_CONTENT_TYPE, HAS_CONTENT_ENCODING]) {
    if (flags & flag) at += 1 + payload.readUInt8(at)
  }
  rewriteTable(payload, at)
}

/** Gives the offset after the table. */
function rewriteTable(data: Buffer, start: number): number {
  const end = start + 4 + data.readUInt32BE(start)
  let at = start + 4
  while (at < end) at = rewriteValue(data, at + 1 + data.readUInt8(at))
  return end
}

function rewriteArray(data: Buffer, start: number): number {
  const end = start + 4 + data.readUInt32BE(start)
  let at = start + 4
  while (at < end) at = rewriteValue(data, at)
  return end
}

function rewriteValue(data: Buffer, tagAt: number): number {
  const tag = String.fromCharCode(data.readUInt8(tagAt))
  const at = tagAt + 1
  const synonym = SYNONYMS[tag]
  if (synonym) data.write(synonym, tagAt, 'latin1')
  if (tag === 'F') return rewriteTable(data, at)
  if (tag === 'A') return rewriteArray(data, at)
  if (tag === 'S' || tag === 'x') return at + 4 + data.readUInt32BE(at)
  // An unknown tag has an unknown length: amqplib will say so about this frame.
  return at + (FIXED_SIZES[tag] ?? data.length)
}
