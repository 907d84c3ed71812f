/** Tasks that tell which child of the pool ran them. */

import { Celery, type LooseSettings } from '../../src/index.ts'
import { FileGate } from '../concurrency/file-gate.ts'

export function createApp(settings: LooseSettings = {}) {
  const app = new Celery('affinity', settings)
  const firstArgument = { affinity: ([key]: readonly unknown[]) => String(key) }
  const tasks = {
    who: app.task('affinity.who', (_key: string) => process.pid, firstArgument),
    hold: app.task('affinity.hold', hold, firstArgument),
    die: app.task('affinity.die', (_key: string) => process.kill(process.pid, 'SIGKILL'), firstArgument),
    whoever: app.task('affinity.whoever', () => process.pid),
    unsure: app.task('affinity.unsure', () => 'ran', {
      affinity: () => {
        throw new Error('no idea')
      },
    }),
  }
  return { app, tasks }
}

async function hold(_key: string, folder: string): Promise<number> {
  await new FileGate(folder, 'hold').pass()
  return process.pid
}

export const { app } = createApp()
