/**
 * Which serializer turns a value into bytes, and which bytes may be turned back. Names and content types are
 * Kombu's. A content type that is not in `accept` is refused before its body is looked at; pickle, which runs
 * the sender's code, is known by name only so that the refusal can say so.
 */
import { Decoder, Encoder } from '@msgpack/msgpack'
import { decodeText, isBinary, parseContentType } from './charset.ts'
import {
  ContentDisallowed,
  DecodeError,
  EncodeError,
  InvalidValueError,
  SerializationError,
} from './exceptions.ts'
import { decodeJson, encodeJson } from './json.ts'

export interface Serializer {
  readonly contentType: string
  /** `binary`, or the charset that `encode` writes. */
  readonly contentEncoding: string
  readonly encode: (value: unknown) => Uint8Array | string
  /** `text()` decodes the body by the sender's charset; throws DecodeError. */
  readonly decode: (body: Buffer, text: () => string) => unknown
}

export interface Serialized {
  readonly body: Buffer
  readonly contentType: string
  readonly contentEncoding: string
}

/** Plain bytes and text need no decoder and can do no harm: they are accepted always, as in Kombu. */
const TRUSTED: readonly string[] = ['application/data', 'application/text', 'text/plain']

const KNOWN_BUT_UNSUPPORTED: Readonly<Record<string, string>> = {
  'application/x-python-serialize': 'pickle',
  'application/x-yaml': 'yaml',
}

export class SerializerRegistry {
  readonly #byName = new Map<string, Serializer>()
  readonly #byContentType = new Map<string, Serializer & { readonly name: string }>()

  /** The last registration of a name or of a content type counts. */
  register(name: string, serializer: Serializer): void {
    this.#byName.set(name, serializer)
    this.#byContentType.set(serializer.contentType, { ...serializer, name })
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()]
  }

  dumps(value: unknown, serializer = 'json'): Serialized {
    const chosen = this.#byName.get(serializer)
    if (!chosen) {
      const reason = Object.values(KNOWN_BUT_UNSUPPORTED).includes(serializer)
        ? 'is not supported'
        : 'is unknown'
      throw new InvalidValueError(`serializer ${serializer} ${reason}; there are ${this.names.join(', ')}`)
    }
    const { contentType, contentEncoding } = chosen
    return { body: toBuffer(chosen.encode(value)), contentType, contentEncoding }
  }

  /**
   * The value in a body. `accept` lists serializer names or content types. A body without a content type is
   * text (or bytes, if its encoding says binary), as Kombu reads it.
   */
  loads(
    body: Uint8Array,
    contentType: string | undefined,
    contentEncoding: string | undefined,
    accept: readonly string[],
  ): unknown {
    const type = parseContentType(contentType || 'application/data')
    const bytes = toBuffer(body)
    const text = () => decodeText(bytes, contentEncoding, type.charset)
    if (TRUSTED.includes(type.name)) return isBinary(contentEncoding) ? bytes : text()
    if (!this.#accepts(type.name, accept)) throw refusal(type.name, accept, this.#nameOf(type.name))
    const serializer = this.#byContentType.get(type.name)
    if (!serializer) {
      throw new DecodeError(
        `no serializer for content type ${type.name}; register one, there are ${this.names.join(', ')}`,
      )
    }
    return decodeWith(serializer, bytes, text)
  }

  #accepts(contentType: string, accept: readonly string[]): boolean {
    return accept.some(
      (entry) => entry === contentType || this.#byName.get(entry)?.contentType === contentType,
    )
  }

  #nameOf(contentType: string): string | undefined {
    return this.#byContentType.get(contentType)?.name ?? KNOWN_BUT_UNSUPPORTED[contentType]
  }
}

function decodeWith(
  serializer: Serializer & { readonly name: string },
  body: Buffer,
  text: () => string,
): unknown {
  try {
    return serializer.decode(body, text)
  } catch (cause) {
    if (cause instanceof SerializationError) throw cause
    throw new DecodeError(`the body is not what ${serializer.name} writes: ${String(cause)}`, { cause })
  }
}

function refusal(
  contentType: string,
  accept: readonly string[],
  name: string | undefined,
): ContentDisallowed {
  const what = name ? `${name} (${contentType})` : contentType
  const remedy = Object.hasOwn(KNOWN_BUT_UNSUPPORTED, contentType)
    ? `${name} is never decoded here; have the sender use json`
    : `have the sender use one of them, or add ${JSON.stringify(name ?? contentType)} to accept`
  return new ContentDisallowed(`refused content of type ${what}: accept is [${accept.join(', ')}]; ${remedy}`)
}

function toBuffer(data: Uint8Array | string): Buffer {
  if (typeof data === 'string') return Buffer.from(data, 'utf8')
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

function encodeMsgpack(value: unknown): Uint8Array {
  try {
    return new Encoder().encode(value)
  } catch (cause) {
    throw new EncodeError(`cannot be written as msgpack: ${String(cause)}`, { cause })
  }
}

function encodeRaw(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw new EncodeError(
    `serializer raw sends bytes as they are and was given ${typeof value}; pass a Uint8Array`,
  )
}

/** The serializers every producer and consumer of this process knows. */
export const registry = new SerializerRegistry()

registry.register('json', {
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  encode: encodeJson,
  decode: (_body, text) => decodeJson(text()),
})
registry.register('msgpack', {
  contentType: 'application/x-msgpack',
  contentEncoding: 'binary',
  encode: encodeMsgpack,
  decode: (body) => new Decoder().decode(body),
})
registry.register('raw', {
  contentType: 'application/data',
  contentEncoding: 'binary',
  encode: encodeRaw,
  decode: (body) => body,
})
