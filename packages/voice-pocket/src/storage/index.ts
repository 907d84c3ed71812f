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
}

/** `file:./data` is a folder relative to the working directory, `file:///srv/data` an absolute one. */
export async function createStorage(url: string): Promise<Storage> {
  const scheme = /^([a-z][a-z0-9+-]*):/i.exec(url)?.[1]?.toLowerCase() ?? ''
  const create = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined
  if (create !== undefined) return create(url)
  const known = Object.keys(SCHEMES).map((name) => `${name}:`)
  throw new StorageError(
    `No storage for ${JSON.stringify(url)}; its URL must begin with ${known.join(' or ')}, as in file:./data.`,
  )
}

function folderOf(url: string): string {
  if (/^file:\/\//i.test(url)) return fileURLToPath(url)
  const path = decodeURIComponent(url.slice('file:'.length))
  if (path === '') throw new StorageError('The storage "file:" names no folder; write file:./data.')
  return resolve(path)
}
