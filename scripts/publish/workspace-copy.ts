import { cp, mkdir, readdir, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
export const PACKAGES = ['kombu', 'celery', 'espeak', 'voice-pocket']

const NOT_COPIED = new Set(['node_modules', 'dist', 'test'])
/** In `node_modules`, links to our own packages: the copy has its own. */
const OURS = new Set(['@voice-pocket', 'voice-pocket'])

/**
 * Another workspace with the same sources and the same dependencies. Packing puts another package.json in place for a
 * moment; in a copy that disturbs nobody who runs beside it.
 */
export async function copyWorkspace(target: string): Promise<void> {
  const filter = (source: string) => !NOT_COPIED.has(basename(source))
  for (const part of ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts', 'packages']) {
    await cp(join(REPOSITORY, part), join(target, part), { recursive: true, filter })
  }
  const modules = join(target, 'node_modules')
  await mkdir(join(modules, '@voice-pocket'), { recursive: true })
  for (const entry of await readdir(join(REPOSITORY, 'node_modules'))) {
    if (!OURS.has(entry)) await symlink(join(REPOSITORY, 'node_modules', entry), join(modules, entry))
  }
  for (const name of ['kombu', 'celery', 'espeak']) {
    await symlink(join(target, 'packages', name), join(modules, '@voice-pocket', name))
  }
}
