/** An app that writes down which signals are sent, and where. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { Celery } from '../../src/index.ts'

const folder = String(process.env.SIGNALS_FOLDER)
const where = isMainThread && process.send === undefined ? 'parent' : 'child'

export const app = new Celery('signals', { brokerUrl: `sqlite:///${join(folder, 'broker')}` })

function note(what: string) {
  appendFileSync(join(folder, 'heard'), `${where} ${what}\n`)
  console.log(`heard in ${where}: ${what}`)
}

const { signals } = app
for (const signal of [
  signals.setupLogging,
  signals.afterSetupLogger,
  signals.workerBeforeCreateProcess,
  signals.workerProcessInit,
  signals.workerProcessShutdown,
  signals.workerReady,
  signals.workerShutdown,
]) {
  signal.connect(() => note(signal.name))
}
signals.workerShuttingDown.connect(({ how, sig }) => note(`worker_shutting_down ${how} ${sig}`))
