import { OperationalError } from '../exceptions.ts'

/** Primary result codes that are about the file or the disk, not about the statement: https://sqlite.org/rescode.html */
const BUSY = 5
const CAUSES = new Map<number, string>([
  [BUSY, 'another process keeps it locked; end the program that has a transaction open on it'],
  [8, 'it is read-only for this user; let the user write to the file and to its folder'],
  [10, 'the disk reports an I/O error; check the disk and the mount'],
  [11, 'it is damaged; restore it from a backup, or move it away to start with an empty one'],
  [13, 'the disk is full; make room'],
  [14, 'it cannot be opened; check that it is a file, and let the user write to it and to its folder'],
  [15, 'the file system cannot lock it; put it on a local disk'],
  [26, 'it is a file of another kind; name another path, or move the file away'],
])

function resultCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}

export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY
}

/** Trouble with the file becomes an OperationalError that names it and the remedy; a programming error stays as it is. */
export function asOperationalError(error: unknown, path: string): unknown {
  const cause = CAUSES.get(resultCode(error) ?? 0)
  return cause === undefined
    ? error
    : new OperationalError(`The database ${path} cannot be used: ${cause}`, { cause: error })
}
