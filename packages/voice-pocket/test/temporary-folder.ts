import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A folder of the test's own, gone with everything in it when the test (or the stack) ends. */
export async function temporaryFolder(owner: TestContext | AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'voice-pocket-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  if (owner instanceof AsyncDisposableStack) owner.defer(remove)
  else owner.after(remove)
  return folder
}
