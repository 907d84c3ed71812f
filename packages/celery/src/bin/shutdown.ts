import type { Logger } from '../logger.ts'
import type { WorkController } from '../worker/worker.ts'
import { type Request, ShutdownSequence } from './shutdown-sequence.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const

/** Celery's words, for whoever looks for them. */
const WORDS: Readonly<Record<Request['kind'], string>> = {
  warm: 'worker: Warm shutdown (MainProcess)',
  cold: 'worker: Cold shutdown (MainProcess)',
  now: 'Waiting gracefully for cold shutdown to complete...',
  leave: 'worker: Leaving at once',
}

export interface ShutdownOptions {
  readonly env: NodeJS.ProcessEnv
  /** Shows a line to whoever is at the terminal. */
  readonly say: (line: string) => void
}

/**
 * Runs a worker until it is over, and shuts it down as `ShutdownSequence` says. Gives the exit code, which is Celery's:
 * 1 when it was interrupted (SIGINT), and else 0.
 */
export async function runUntilSignal(
  worker: WorkController,
  logger: Logger,
  { env, say }: ShutdownOptions,
): Promise<number> {
  const sequence = new ShutdownSequence({ remapsSigterm: env.REMAP_SIGTERM === 'SIGQUIT' })
  const onSignal = (signal: NodeJS.Signals) => {
    const request = sequence.next(signal)
    if (request.hint) say(request.hint)
    say(WORDS[request.kind])
    if (request.kind === 'leave') process.exit(1)
    void announce(worker, signal, request, sequence.exitCode)
    const ending = end(worker, request)
    ending.catch((error: unknown) => logger.error({ err: error }, 'The shutdown failed'))
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    await worker.start()
    if (!sequence.hasBegun) logger.info(`${worker.hostname} ready.`)
    await worker.finished
    return sequence.exitCode
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}

function announce(
  worker: WorkController,
  signal: NodeJS.Signals,
  { kind }: Request,
  exitcode: number,
): Promise<void> {
  const how = kind === 'warm' ? ('Warm' as const) : ('Cold' as const)
  const { workerShuttingDown } = worker.app.signals
  return workerShuttingDown.send({ worker, sig: signal, how, exitcode }, worker.logger, worker.hostname)
}

function end(worker: WorkController, { kind }: Request): Promise<void> {
  if (kind === 'warm') return worker.stop()
  return kind === 'cold' ? worker.softShutdown() : worker.terminate()
}
