import { constants } from 'node:fs'
import { access, glob } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Where system packages put programs that an ordinary user's PATH leaves out. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/sbin', '/opt/homebrew/sbin']

/** The first of these programs that exists; a name is looked up in the PATH, and a path may be a glob pattern. */
export async function findExecutable(candidates: readonly string[]): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS]
  for (const candidate of candidates) {
    const patterns = candidate.startsWith('/')
      ? [candidate]
      : folders.map((folder) => join(folder, candidate))
    for await (const path of glob(patterns)) {
      if (await isExecutable(path)) return path
    }
  }
  return undefined
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    // Not ours to run is the same as not there.
    return false
  }
}
