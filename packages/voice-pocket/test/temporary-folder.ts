import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of the test's own, gone with everything in it when the test ends. */
export async function temporaryFolder(t: { after(fn: () => unknown): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'voice-pocket-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}
