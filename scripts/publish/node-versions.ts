/** Other versions of Node, from the npm package `node`; kept beside the other caches of the tests. */
import { execFile } from 'node:child_process'
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { REPOSITORY } from './workspace-copy.ts'

const execute = promisify(execFile)

const CACHE = join(REPOSITORY, 'node_modules/.cache')

/** The path of that version's program. */
export async function installNode(version: string): Promise<string> {
  const folder = join(CACHE, `node-${version}`)
  const program = join(folder, 'node_modules/node/bin/node')
  if (await exists(program)) return program
  const unfinished = `${folder}.${process.pid}`
  await mkdir(unfinished, { recursive: true })
  try {
    // The package's install script is what fetches the program.
    await writeFile(join(unfinished, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }')
    await execute('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', `node@${version}`], {
      cwd: unfinished,
    })
    await rename(unfinished, folder).catch(async (error: unknown) => {
      if (!(await exists(program))) throw error // else another run was faster
    })
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return program
}

/** An environment in which `node` is that program, also for npm, npx and what begins with `#!/usr/bin/env node`. */
export function withNode(program: string): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT, ...env } = process.env // a test runner in there is no part of this one
  return { ...env, PATH: `${dirname(program)}${delimiter}${env.PATH}` }
}

/** Why nothing can be installed, or false. In CI something must be. */
export async function registryIsMissing(): Promise<string | false> {
  if (process.env.CI === 'true') return false
  try {
    await execute('npm', [
      'view',
      'node',
      'name',
      '--fetch-retries=0',
      '--fetch-timeout=10000',
      '--loglevel=error',
    ])
    return false
  } catch (error) {
    return `the npm registry does not answer, so nothing can be installed: ${String(error).split('\n')[1] ?? error}`
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false // absence is the answer
  }
}
