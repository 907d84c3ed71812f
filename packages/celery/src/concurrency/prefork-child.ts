/**
 * The program of a prefork child: be the app, run one job at a time, tell the parent. It ends with its parent:
 * what it was running is then delivered again, so finishing it would only do it twice.
 */
import { findApp } from '../app/find-app.ts'
import { importModules } from '../app/import-modules.ts'
import { type Celery, trace } from '../index.ts'
import type { FromChild, ToChild } from './prefork-messages.ts'

// ^C reaches the whole process group; the parent decides what becomes of its children.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit(0))

let app: Celery | undefined
let running: AbortController | undefined

process.on('message', (message: ToChild) => {
  if (message.kind === 'cancel') running?.abort()
  else void (message.kind === 'boot' ? boot(message) : run(message))
})

async function boot({ appModule, settings }: Extract<ToChild, { kind: 'boot' }>): Promise<void> {
  try {
    app = (await findApp(appModule)).configFromObject(settings)
    await importModules(app)
    await app.backend()
    say({ kind: 'ready' })
  } catch (error) {
    say({ kind: 'unfit', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    process.disconnect?.()
  }
}

async function run({ job }: Extract<ToChild, { kind: 'run' }>): Promise<void> {
  running = new AbortController()
  try {
    const outcome = await trace(app as Celery, job.wire, {
      signal: running.signal,
      softTimeLimit: job.limits.soft,
      onAccepted: () => say({ kind: 'accepted' }),
    })
    say({ kind: 'done', outcome })
  } catch (error) {
    say({ kind: 'broken', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  } finally {
    running = undefined
  }
}

function say(message: FromChild): void {
  process.send?.(message)
}
