import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { findExecutable } from './executable.ts'
import { freePorts } from './ports.ts'
import { ServiceError } from './service.ts'

const INSTALL = ['install', '-y', '--no-install-recommends']
/** Somebody else may be installing, and a mirror may fail once. */
const PATIENT = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3']

/** Debian asks this script whether a package may start its service; 101 means no. */
const POLICY = '/usr/sbin/policy-rc.d'

/** Installs Debian packages without their services; where that cannot be done, says what the reader can do. */
export async function installPackages(packages: readonly string[], signal: AbortSignal): Promise<void> {
  if (packages.length === 0) return
  const apt = await findExecutable(['apt-get'])
  if (apt === undefined || process.getuid?.() !== 0)
    throw new ServiceError(explain(packages, apt !== undefined))
  console.error(`Installing ${packages.join(', ')} …`)
  await using _ = await forbidServices()
  // An epmd that a package starts takes this port instead of the well-known one, and is ended with it.
  const [epmdPort] = await freePorts(1)
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', ERL_EPMD_PORT: String(epmdPort) }
  try {
    await run([apt, ...PATIENT, 'update'], environment, signal)
    await run([apt, ...PATIENT, ...INSTALL, ...packages], environment, signal)
  } finally {
    const epmd = await findExecutable(['epmd'])
    if (epmd) await once(spawn(epmd, ['-kill'], { env: environment, stdio: 'ignore' }), 'exit')
  }
}

function explain(packages: readonly string[], isDebian: boolean): string {
  const list = packages.join(' ')
  const remedy = isDebian
    ? `Install them: sudo apt-get update && sudo apt-get ${INSTALL.join(' ')} ${list}`
    : `Install what Debian calls by these names, or name running servers in AMQP_URL and REDIS_URL.`
  return `The tests need programs that are missing here: ${list}.\n${remedy}`
}

async function run(
  [file = '', ...args]: string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  // Output goes to stderr: stdout belongs to the command that is run later.
  const child = spawn(file, args, { env, stdio: ['ignore', 2, 2], signal })
  const [code] = await once(child, 'exit')
  if (code !== 0)
    throw new ServiceError(`${file} ${args.join(' ')} ended with code ${code}; its output is above.`)
}

/** Until disposed. A policy that the machine already has is left as it is. */
async function forbidServices(): Promise<AsyncDisposable> {
  try {
    await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return { async [Symbol.asyncDispose]() {} }
  }
  return { [Symbol.asyncDispose]: () => rm(POLICY, { force: true }) }
}
