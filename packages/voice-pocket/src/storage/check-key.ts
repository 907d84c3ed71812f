import { StorageError, StorageKeyError } from '../exceptions.ts'
import type { ByteRange } from './storage.ts'

const PART = /^[^.\0\\/:][^\0\\/:]*$/

/** Keys come from `key.ts`, which makes safe ones; this is the second lock on the same door. */
export function isKey(key: string): boolean {
  return key.split('/').every((part) => PART.test(part) && !part.endsWith('.'))
}

export function checkKey(key: string): void {
  if (isKey(key)) return
  throw new StorageKeyError(
    `${JSON.stringify(key)} is no key: its parts must be names that do not begin or end with a dot. Make keys with speechKey().`,
  )
}

/** What a key can begin with: a folder with its slash, or half a name. */
export function checkPrefix(prefix: string): void {
  if (isKey(`${prefix}x`)) return
  throw new StorageKeyError(
    `No key begins with ${JSON.stringify(prefix)}: its parts must be names that do not begin with a dot.`,
  )
}

/** With all of it filled in. */
export function checkRange(key: string, { start = 0, end = Number.POSITIVE_INFINITY }: ByteRange) {
  if (start >= 0 && end >= start) return { start, end }
  throw new StorageError(
    `The range ${start} to ${end} of ${key} must begin at 0 or later and not run backwards.`,
  )
}
