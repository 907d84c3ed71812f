import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3'
import { StorageError, StoredObjectNotFoundError } from '../../exceptions.ts'
import { checkKey, checkPrefix, checkRange, isKey } from '../check-key.ts'
import type { ByteRange, ListedObject, PresignedAs, Storage, StoredObject } from '../storage.ts'
import { objectBody } from './body.ts'
import { connect, DEFAULT_LIMITS, type S3Limits } from './client.ts'
import { attemptsOf, isBehindEnd, isContended, isMissing, isTaken, storageError } from './failure.ts'
import type { S3Location } from './location.ts'
import { presignedUrl } from './presign.ts'
import { probe } from './probe.ts'
import { type Target, upload } from './upload.ts'

/** Somebody else was faster each time, so this many in a row are no ordinary contention. */
const MAX_CONFLICTS = 10

export interface S3StorageParts {
  readonly client: S3Client
  /** Makes the presigned addresses; it knows the server under the name that callers know. */
  readonly publicClient: S3Client
  readonly location: S3Location
  readonly limits: S3Limits
}

/**
 * A bucket, or what has one prefix in it. An object appears when all of it has arrived, which is S3's own promise.
 * Objects get no access control list: who may read them is what the bucket says, and it says nobody unless told.
 */
export class S3Storage implements Storage {
  readonly #parts: S3StorageParts

  /** No request is made yet; `check` makes the first. Rejects StorageError when no region is known. */
  static async open(location: S3Location, limits: S3Limits = DEFAULT_LIMITS): Promise<S3Storage> {
    const client = await connect(location, limits)
    const { publicEndpoint: endpoint } = location
    const publicClient = endpoint === undefined ? client : await connect({ ...location, endpoint }, limits)
    return new S3Storage({ client, publicClient, location, limits })
  }

  private constructor(parts: S3StorageParts) {
    this.#parts = parts
  }

  async write(key: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    const target = this.#target(key)
    if (data instanceof Uint8Array) await this.#try('write', key, () => this.#put(target, data))
    else await this.#upload(key, target, data)
  }

  async create(key: string, data: Uint8Array): Promise<boolean> {
    const target = this.#target(key)
    return this.#try('create', key, async () => {
      if (this.#parts.location.conditionalWrites) return this.#putIfFree(target, data)
      if ((await this.#head(target)) !== undefined) return false
      await this.#put(target, data)
      return true
    })
  }

  async read(key: string, range: ByteRange = {}): Promise<Readable> {
    const target = this.#target(key)
    const { start, end } = checkRange(key, range)
    if (start === end) return this.#nothingOf(key, target)
    try {
      return this.#bodyOf(key, await this.#get(target, start, end))
    } catch (error) {
      if (isBehindEnd(error)) return Readable.from([])
      if (isMissing(error)) throw nothingUnder(key)
      throw storageError(error, `read ${this.url(key)}`)
    }
  }

  async stat(key: string): Promise<StoredObject | undefined> {
    const target = this.#target(key)
    return this.#try('look at', key, () => this.#head(target))
  }

  async delete(key: string): Promise<void> {
    const target = this.#target(key)
    await this.#try('delete', key, () => this.#parts.client.send(new DeleteObjectCommand(target)))
  }

  async *list(prefix = ''): AsyncGenerator<ListedObject> {
    checkPrefix(prefix)
    const { client, location } = this.#parts
    const wanted = { Bucket: location.bucket, Prefix: location.prefix + prefix }
    try {
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, wanted)) {
        for (const { Key = '', Size, LastModified, ETag } of Contents) {
          const key = Key.slice(location.prefix.length)
          if (isKey(key)) yield { key, ...toStored({ ContentLength: Size, LastModified, ETag }) }
        }
      }
    } catch (error) {
      throw storageError(error, `list s3://${wanted.Bucket}/${wanted.Prefix}`)
    }
  }

  url(key: string): string {
    const { Bucket, Key } = this.#target(key)
    return `s3://${Bucket}/${encodeURI(Key).replaceAll('?', '%3F').replaceAll('#', '%23')}`
  }

  async presign(key: string, seconds: number, as: PresignedAs = {}): Promise<string> {
    const target = this.#target(key)
    return this.#try('presign', key, () => presignedUrl(this.#parts.publicClient, target, seconds, as))
  }

  async check(): Promise<void> {
    const { client, location } = this.#parts
    const where = `s3://${location.bucket}/${location.prefix}`
    try {
      await probe(client, location)
    } catch (error) {
      throw storageError(error, `be used at ${where}`)
    }
  }

  async #upload(key: string, target: Target, data: AsyncIterable<Uint8Array>): Promise<void> {
    await upload(this.#parts.client, target, data, (error) => storageError(error, `write ${this.url(key)}`))
  }

  #put(target: Target, data: Uint8Array, condition: { readonly IfNoneMatch?: '*' } = {}) {
    return this.#parts.client.send(new PutObjectCommand({ ...target, ...condition, Body: data }))
  }

  async #putIfFree(target: Target, data: Uint8Array): Promise<boolean> {
    for (let conflicts = 0; ; conflicts++) {
      try {
        await this.#put(target, data, { IfNoneMatch: '*' })
        return true
      } catch (error) {
        // The answer to the first attempt may have been lost, and what is in the way now be our own.
        if (isTaken(error)) return attemptsOf(error) > 1 && (await this.#has(target, data))
        if (!isContended(error) || conflicts === MAX_CONFLICTS) throw error
      }
    }
  }

  async #has(target: Target, data: Uint8Array): Promise<boolean> {
    const { Body } = await this.#parts.client.send(new GetObjectCommand(target))
    return Body instanceof Readable && (await buffer(Body)).equals(data)
  }

  #get(target: Target, start: number, end: number) {
    const isWhole = start === 0 && end === Number.POSITIVE_INFINITY
    const last = end === Number.POSITIVE_INFINITY ? '' : String(end - 1)
    const range = isWhole ? {} : { Range: `bytes=${start}-${last}` }
    return this.#parts.client.send(new GetObjectCommand({ ...target, ...range }))
  }

  #bodyOf(key: string, { Body }: { readonly Body?: unknown }): Readable {
    if (!(Body instanceof Readable)) throw new StorageError(`${this.url(key)} came without bytes; ask again.`)
    const { requestMs } = this.#parts.limits
    return objectBody(Body, requestMs, (error) => storageError(error, `read all of ${this.url(key)}`))
  }

  async #nothingOf(key: string, target: Target): Promise<Readable> {
    const found = await this.#try('look at', key, () => this.#head(target))
    if (found === undefined) throw nothingUnder(key)
    return Readable.from([])
  }

  async #head(target: Target): Promise<StoredObject | undefined> {
    try {
      return toStored(await this.#parts.client.send(new HeadObjectCommand(target)))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  async #try<T>(verb: string, key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw storageError(error, `${verb} ${this.url(key)}`)
    }
  }

  #target(key: string): Target {
    checkKey(key)
    const { bucket, prefix } = this.#parts.location
    return { Bucket: bucket, Key: prefix + key }
  }
}

/** An ETag goes by the bytes; it comes with quotation marks, and from some servers as a weak one. */
function toStored({ ContentLength, LastModified, ETag }: Told): StoredObject {
  return {
    size: ContentLength ?? 0,
    modifiedAt: LastModified ?? new Date(0),
    generation: String(ETag ?? LastModified?.getTime()).replace(/^W\/|[^a-zA-Z0-9-]/g, ''),
  }
}

interface Told {
  readonly ContentLength?: number | undefined
  readonly LastModified?: Date | undefined
  readonly ETag?: string | undefined
}

function nothingUnder(key: string): StoredObjectNotFoundError {
  return new StoredObjectNotFoundError(`Nothing is stored under ${key}.`)
}
