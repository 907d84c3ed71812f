import { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { VoicePocket } from '../service.ts'
import { createLogger } from './log.ts'
import { untilSignal } from './until-signal.ts'

interface Roles {
  readonly worker: boolean
  readonly api: boolean
}

export const serveCommand = () =>
  command('serve', 'The HTTP API and a worker in one program.', { worker: true, api: true })

export const workerCommand = () =>
  command('worker', 'A worker: takes messages from the queues and speaks.', { worker: true, api: false })

export const apiCommand = () =>
  command('api', 'The HTTP API alone; workers run elsewhere.', { worker: false, api: true })

function command(name: string, description: string, roles: Roles): Command {
  return new Command(name).description(description).action(() => run(loadConfig(), roles))
}

async function run(config: Config, roles: Roles): Promise<void> {
  const logger = createLogger(config.logLevel)
  await using pocket = await VoicePocket.open(config, logger)
  await untilSignal(pocket, logger, async (stopping) => {
    // First: a broker that is away is waited for, and whoever looks whether this process lives must be answered.
    if (roles.api) {
      const address = await pocket.startApi()
      logger.info(`listening at ${address}, documentation at ${address}/docs`)
    }
    if (roles.worker) {
      const { hostname, concurrency } = await pocket.startWorker()
      // It waits for a broker that is away, and may have been told to stop meanwhile.
      if (stopping.aborted) return
      logger.info(
        `${hostname} takes messages from ${config.inputQueue}, and speaks ${concurrency} texts at once`,
      )
      pocket.startSweeper()
    }
  })
}
