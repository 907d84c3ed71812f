/** Deletes what has been kept for long enough. */

import type { ListedObject, Storage } from '../storage/storage.ts'
import { filesByOwner, type StoredSpeech } from '../storage/stored-speech.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** A request whose last part is older than this has died; what is spoken now adds one every few seconds. */
const PARTS_MS = { atLeast: DAY_MS, atMost: 7 * DAY_MS }
/** Speeches that are deleted at the same time. */
const AT_ONCE = 16

export interface SweepOptions {
  /** How long what is in an owner's folder is kept: seconds, 0 for ever. */
  readonly retentionOf: (folder: string) => number
  /** Only this owner's folder. */
  readonly folder?: string
  /** Tell what would be deleted, and delete nothing. */
  readonly dryRun?: boolean
  readonly now?: Date
  readonly signal?: AbortSignal
  /** Told of each cached part whose sound was deleted. Awaited. */
  readonly onCachedDeleted?: (key: string) => Promise<void>
  /** Told of each owner something was deleted of. */
  readonly onSwept?: (swept: Swept) => void
}

export interface Swept {
  readonly folder: string
  readonly files: number
  readonly bytes: number
  /** Files that are still there, though they should not be; the next sweep tries again. */
  readonly failures: readonly unknown[]
}

/** Speech alone: its sound, captions, encodings, cached parts, and the parts of requests that died. Resolves with what was done. */
export async function sweep(
  storage: Pick<Storage, 'list' | 'stat' | 'delete'>,
  { retentionOf, folder: prefix = '', dryRun = false, now = new Date(), signal, ...told }: SweepOptions,
): Promise<Swept[]> {
  const done: Swept[] = []
  for await (const { folder, speeches, cached } of filesByOwner(storage, prefix)) {
    signal?.throwIfAborted()
    const retentionMs = retentionOf(folder) * 1000
    const due = speeches.map((speech) => dueFiles(speech, retentionMs, now.getTime()))
    due.push(...cached.filter((file) => isOlder([file], retentionMs, now.getTime())).map((file) => [file]))
    const isCached = new Set(cached)
    const onDeleted = async (file: ListedObject) => {
      if (isCached.has(file)) await told.onCachedDeleted?.(file.key)
    }
    const deletion = dryRun ? undefined : { storage, onDeleted }
    const swept = await deleteAll(deletion, folder, due, signal)
    if (swept.files === 0 && swept.failures.length === 0) continue
    done.push(swept)
    told.onSwept?.(swept)
  }
  return done
}

/** The sound first: from then on the speech is gone, and what is left of it is only in the way. */
function dueFiles({ sound, derived, parts }: StoredSpeech, retentionMs: number, now: number): ListedObject[] {
  const whole = sound === undefined ? derived : [sound]
  const due = isOlder(whole, retentionMs, now) ? [...(sound ? [sound] : []), ...derived] : []
  return isOlder(parts, partsLimit(retentionMs), now) ? [...due, ...parts] : due
}

/** Than a limit; 0 is none. */
function isOlder(files: readonly ListedObject[], limitMs: number, now: number): boolean {
  const newest = Math.max(...files.map(({ modifiedAt }) => modifiedAt.getTime()))
  return files.length > 0 && limitMs > 0 && now - newest > limitMs
}

function partsLimit(retentionMs: number): number {
  const { atLeast, atMost } = PARTS_MS
  return retentionMs === 0 ? atMost : Math.min(Math.max(retentionMs, atLeast), atMost)
}

interface Deletion {
  readonly storage: Pick<Storage, 'stat' | 'delete'>
  readonly onDeleted: (file: ListedObject) => Promise<void>
}

async function deleteAll(
  deletion: Deletion | undefined,
  folder: string,
  speeches: readonly (readonly ListedObject[])[],
  signal: AbortSignal | undefined,
): Promise<Swept> {
  const due = speeches.filter((files) => files.length > 0)
  const counts = { files: 0, bytes: 0 }
  const failures: unknown[] = []
  const deleteOne = async (files: readonly ListedObject[]) => {
    try {
      for (const file of files) {
        if (deletion && !(await deleteUnchanged(deletion.storage, file))) return
        await deletion?.onDeleted(file)
        counts.files += 1
        counts.bytes += file.size
      }
    } catch (error) {
      failures.push(error)
    }
  }
  for (let at = 0; at < due.length; at += AT_ONCE) {
    signal?.throwIfAborted()
    await Promise.all(due.slice(at, at + AT_ONCE).map(deleteOne))
  }
  return { folder, ...counts, failures }
}

/** What was replaced since it was listed is new speech under the same uuid. */
async function deleteUnchanged(
  storage: Pick<Storage, 'stat' | 'delete'>,
  file: ListedObject,
): Promise<boolean> {
  const found = await storage.stat(file.key)
  if (found && found.generation !== file.generation) return false
  await storage.delete(file.key)
  return true
}
