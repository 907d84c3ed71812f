/** What a child does, be it a process or a thread: it is the app, runs one job at a time, and tells its pool. */
import { findApp } from '../app/find-app.ts'
import { importModules } from '../app/import-modules.ts'
import type { TaskWire } from '../app/protocol.ts'
import { type Celery, trace } from '../index.ts'
import { warningLogger } from '../logger.ts'
import type { Job } from './base.ts'
import type { Afterwards, Boot, Ended, FromChild, ToChild } from './child-messages.ts'
import { ChangedReadings } from './child-readings.ts'

/** A child's way to its pool, and what it knows of itself. */
export interface ChildPort {
  hear(listener: (message: ToChild) => void): void
  say(message: FromChild): void
  /** KiB it uses. */
  memory(): number
}

export function runChild(port: ChildPort): void {
  let app: Celery | undefined
  let running: AbortController | undefined
  let memory = new RecentMemory(port, 0)
  let readings: ChangedReadings | undefined

  const boot = async ({ appModule, settings, modules, watchesMemory }: Boot) => {
    try {
      memory = new RecentMemory(port, watchesMemory ? 0 : MEMORY_EVERY_MS)
      app = (await findApp(appModule)).configFromObject(settings)
      await importModules(app, modules)
      await app.backend()
      await app.signals.workerProcessInit.send({ pid: process.pid }, warningLogger)
      readings = new ChangedReadings(app.measures)
      port.say({ kind: 'ready' })
    } catch (error) {
      port.say({ kind: 'unfit', reason: reasonOf(error) })
    }
  }

  const run = async (job: Job) => {
    running = new AbortController()
    const onAccepted = () => port.say({ kind: 'accepted' })
    const ended = await runJob(app as Celery, job, running.signal, onAccepted)
    running = undefined
    port.say({ ...ended, memory: memory.now(), ...readings?.next() })
  }

  const leave = async () => {
    await app?.signals.workerProcessShutdown.send({ pid: process.pid, exitcode: 0 }, warningLogger)
    process.exit(0)
  }

  port.hear((message) => {
    if (message.kind === 'boot') void boot(message)
    else if (message.kind === 'run') void run(message.job)
    else if (message.kind === 'cancel') running?.abort()
    else void leave()
  })
}

/** To ask for it takes longer than a short job. */
const MEMORY_EVERY_MS = 250

/** How much memory a child used when it was asked last, which is no longer ago than so. */
class RecentMemory {
  readonly #port: ChildPort
  readonly #validMs: number
  #kib = 0
  #askAgainAt = Number.NEGATIVE_INFINITY

  constructor(port: ChildPort, validMs: number) {
    this.#port = port
    this.#validMs = validMs
  }

  now(): number {
    const now = performance.now()
    if (now >= this.#askAgainAt) {
      this.#kib = this.#port.memory()
      this.#askAgainAt = now + this.#validMs
    }
    return this.#kib
  }
}

type JobEnd<Message> = Message extends Ended ? Omit<Message, keyof Afterwards> : never

async function runJob(
  app: Celery,
  { wire, limits }: Job,
  signal: AbortSignal,
  onAccepted: () => void,
): Promise<JobEnd<Ended>> {
  try {
    const options = { signal, softTimeLimit: limits.soft, onAccepted }
    return { kind: 'done', outcome: await trace(app, withBuffer(wire), options) }
  } catch (error) {
    return { kind: 'broken', reason: reasonOf(error) }
  }
}

/** Between threads a Buffer becomes a plain Uint8Array. */
function withBuffer(wire: TaskWire): TaskWire {
  const { buffer, byteOffset, byteLength } = wire.payload.body
  return { ...wire, payload: { ...wire.payload, body: Buffer.from(buffer, byteOffset, byteLength) } }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
