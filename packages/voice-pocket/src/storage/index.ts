import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StorageError } from '../exceptions.ts'
import type { Storage } from './storage.ts'

type CreateStorage = (url: string) => Promise<Storage>

const SCHEMES: Readonly<Record<string, CreateStorage>> = {
  file: async (url) => {
    const { FilesystemStorage } = await import('./filesystem.ts')
    return new FilesystemStorage(folderOf(url))
  },
  s3: async (url) => {
    const { parseLocation } = await import('./s3/location.ts')
    const location = parseLocation(url)
    const { S3Storage } = await installed(import('./s3/storage.ts'))
    return S3Storage.open(location)
  },
}

/**
 * `file:./data` is a folder relative to the working directory, `file:///srv/data` an absolute one; `s3://bucket/prefix`
 * is what has this prefix in a bucket. A driver is loaded when a URL asks for it.
 */
export async function createStorage(url: string): Promise<Storage> {
  const scheme = /^([a-z][a-z0-9+-]*):/i.exec(url)?.[1]?.toLowerCase() ?? ''
  const create = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined
  if (create !== undefined) return create(url)
  const known = Object.keys(SCHEMES).map((name) => `${name}:`)
  throw new StorageError(
    `No storage for ${JSON.stringify(url)}; its URL must begin with ${known.join(' or ')}, as in file:./data or s3://bucket/prefix.`,
  )
}

function folderOf(url: string): string {
  if (/^file:\/\//i.test(url)) return fileURLToPath(url)
  const path = decodeURIComponent(url.slice('file:'.length))
  if (path === '') throw new StorageError('The storage "file:" names no folder; write file:./data.')
  return resolve(path)
}

/** The SDK is an optional dependency: whoever keeps speech in a folder need not have it. */
async function installed<Module>(loading: Promise<Module>): Promise<Module> {
  try {
    return await loading
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
    throw new StorageError(
      `An s3: storage needs packages that are not installed: npm install ${S3_PACKAGES}`,
      {
        cause,
      },
    )
  }
}

const S3_PACKAGES = '@aws-sdk/client-s3 @aws-sdk/lib-storage @aws-sdk/s3-request-presigner'
