import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findExecutable } from './executable.ts'
import { type Service, ServiceError } from './service.ts'

const run = promisify(execFile)

const REQUIREMENTS = fileURLToPath(new URL('../requirements.txt', import.meta.url))
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))

/** For what pip fetches, also over a slow line. */
const PATIENCE_MS = 600_000

/** Fails where virtual environments cannot be made; prints what a cached one depends on. */
const PROBE =
  'import sys, venv, ensurepip; assert sys.version_info >= (3, 9); print(sys.version, sys.base_prefix)'

/** A Python with Celery, Kombu and pika, for the tests that talk to the originals. */
export const python: Service = {
  async missingPackages({ PYTHON_VENV }) {
    return PYTHON_VENV || (await findInterpreter()) ? [] : ['python3', 'python3-venv']
  },

  async start(_sandbox, { PYTHON_VENV }, signal) {
    if (PYTHON_VENV) return {}
    const interpreter = await findInterpreter()
    if (!interpreter)
      throw new ServiceError('Python 3.9 or newer with the venv module is needed; install python3-venv.')
    const requirements = await readFile(REQUIREMENTS)
    const key = createHash('sha256')
      .update(requirements)
      .update(interpreter.identity)
      .digest('hex')
      .slice(0, 16)
    const folder = `${CACHE}python-${key}`
    const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
    if (!(await exists(folder))) await build(interpreter.path, folder, limit)
    return { PYTHON_VENV: `${folder}/bin/python` }
  },
}

async function findInterpreter(): Promise<{ path: string; identity: string } | undefined> {
  for (const candidate of ['python3', '/usr/bin/python3']) {
    const path = await findExecutable([candidate])
    if (path === undefined) continue
    try {
      const { stdout } = await run(path, ['-c', PROBE])
      return { path, identity: stdout }
    } catch {
      // This one has no venv module or is too old; the system's own may do.
    }
  }
  return undefined
}

/** Two runs at once may build it twice; the second one finds the place taken and uses what is there. */
async function build(interpreter: string, folder: string, signal: AbortSignal): Promise<void> {
  const unfinished = `${folder}.${process.pid}`
  console.error(`Making a Python environment in ${folder} …`)
  await mkdir(CACHE, { recursive: true })
  try {
    await run(interpreter, ['-m', 'venv', unfinished], { signal })
    await run(
      `${unfinished}/bin/python`,
      ['-m', 'pip', 'install', '--quiet', '--requirement', REQUIREMENTS],
      { signal },
    )
    await rename(unfinished, folder)
  } catch (cause) {
    if (await exists(folder)) return
    throw new ServiceError(`The Python environment for the tests could not be made.\n${cause}`, { cause })
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    // Absence is the answer.
    return false
  }
}
