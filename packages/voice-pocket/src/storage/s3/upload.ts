import { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'

/** S3 takes 10,000 parts, so a file may have 80 GB: nineteen days of sound. */
const PART_BYTES = 8 * 1024 * 1024
/** Parts on their way at the same time, which together with the one that is read are what is in memory. */
const PARTS_AT_ONCE = 2

export interface Target {
  readonly Bucket: string
  readonly Key: string
}

/**
 * Something of unknown length, in parts; what fits into one is sent as a whole. When `data` throws, what is already
 * there is given up, and its error passed on as it is; `explain` makes the error of anything else.
 */
export async function upload(
  client: S3Client,
  target: Target,
  data: AsyncIterable<Uint8Array>,
  explain: (error: unknown) => Error,
): Promise<void> {
  const source = new Source(data)
  try {
    const Body = Readable.from(source.read())
    const params = { ...target, Body }
    await new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done()
  } catch (error) {
    throw source.failure === undefined ? explain(error) : source.failure.error
  }
}

/** Remembers whether it was the source that failed, and not the storage. */
class Source {
  readonly #data: AsyncIterable<Uint8Array>
  failure: { readonly error: unknown } | undefined

  constructor(data: AsyncIterable<Uint8Array>) {
    this.#data = data
  }

  async *read(): AsyncGenerator<Uint8Array> {
    const chunks = this.#data[Symbol.asyncIterator]()
    try {
      for (let next = await this.#next(chunks); !next.done; next = await this.#next(chunks)) yield next.value
    } finally {
      await chunks.return?.()
    }
  }

  /** Only what is thrown here is the source's own: a storage that gives up throws into `read`. */
  async #next(chunks: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    try {
      return await chunks.next()
    } catch (error) {
      this.failure = { error }
      throw error
    }
  }
}
