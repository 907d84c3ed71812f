/**
 * `node scripts/test-services.ts COMMAND ARGS…` runs a command with the real servers that tests need.
 *
 * 1. RabbitMQ and Redis are the ones AMQP_URL and REDIS_URL name, else private ones on free ports.
 * 2. What is not installed is installed (as root on Debian), or named together with the command that installs it.
 * 3. The command sees AMQP_URL, REDIS_URL, PYTHON_VENV and CHROMIUM; of private servers also RABBITMQCTL, and
 *    AMQP_URL_1, REDIS_URL_1 …, parts of them for what must not see each other (see `services/lanes.ts`).
 * 4. Whatever happens, everything started here is stopped again, the command's own left-overs included.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { installPackages } from './services/apt.ts'
import { chromium } from './services/chromium.ts'
import { exampleTools } from './services/example-tools.ts'
import { python } from './services/python.ts'
import { rabbitmq } from './services/rabbitmq.ts'
import { redis } from './services/redis.ts'
import { Sandbox } from './services/sandbox.ts'
import { type Environment, ServiceError } from './services/service.ts'

const SERVICES = [rabbitmq, redis, python, chromium, exampleTools]

async function startServices(sandbox: Sandbox, interrupted: AbortSignal): Promise<Environment> {
  const missing = await Promise.all(SERVICES.map((service) => service.missingPackages(process.env)))
  await installPackages([...new Set(missing.flat())], interrupted)
  const failed = new AbortController()
  const signal = AbortSignal.any([interrupted, failed.signal])
  const starting = SERVICES.map((service) => service.start(sandbox, process.env, signal))
  try {
    return Object.assign({}, ...(await Promise.all(starting)))
  } finally {
    // When one cannot be had, nobody waits for the others; and nothing may start once the sandbox is gone.
    failed.abort()
    await Promise.allSettled(starting)
  }
}

/** The command leads a process group of its own, so that what it leaves behind can be found and ended. */
async function run(command: string[], environment: Environment, sandbox: Sandbox, signal: AbortSignal) {
  signal.throwIfAborted()
  const [file = '', ...args] = command
  const child = spawn(file, args, {
    stdio: 'inherit',
    detached: true,
    env: { ...process.env, ...environment },
  })
  sandbox.adopt(child)
  // To the whole group, as a terminal does: a shell that waits for a program does not pass signals on.
  const forward = () => process.kill(-Number(child.pid), signal.reason)
  signal.addEventListener('abort', forward)
  const exit = once(child, 'exit').catch((cause) => {
    throw new ServiceError(`${file} could not be run: ${cause.message}`, { cause })
  })
  const [code, name] = (await exit) as [number | null, NodeJS.Signals | null]
  signal.removeEventListener('abort', forward)
  return name === null ? Number(code) : exitCodeOf(name)
}

/** A shell's convention for a command that a signal ended. */
function exitCodeOf(name: NodeJS.Signals): number {
  return 128 + constants.signals[name]
}

async function main(command: string[]): Promise<number> {
  if (command.length === 0) {
    throw new ServiceError('Name the command to run: node scripts/test-services.ts COMMAND ARGS…')
  }
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => interrupted.abort(name))
  }
  await using sandbox = await Sandbox.create()
  try {
    const environment = await startServices(sandbox, interrupted.signal)
    return await run(command, environment, sandbox, interrupted.signal)
  } catch (error) {
    if (interrupted.signal.aborted) return exitCodeOf(interrupted.signal.reason)
    throw error
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = 1
  console.error(error instanceof ServiceError ? error.message : error)
}
