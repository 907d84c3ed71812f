/** The app of the pools' tests: children import this file, other pools run its tasks here. */
import { once } from 'node:events'
import { Celery } from '../../src/index.ts'
import { FileGate } from './file-gate.ts'

export const app = new Celery('pools')

app.task('add', (x: number, y: number) => x + y)

app.task('fail', (text: string) => {
  throw new RangeError(text)
})

app.task('pass', (folder: string, name: string) => new FileGate(folder, name).pass())

app.task(
  'listen',
  async (self, folder: string, name: string) => {
    const { signal } = self.request
    const aborted = once(signal, 'abort')
    await new FileGate(folder, name).enter()
    await aborted
    throw signal.reason
  },
  { bind: true },
)

app.task('spin', async (folder: string, name: string, ignored?: NodeJS.Signals) => {
  if (ignored) process.on(ignored, () => {})
  await new FileGate(folder, name).enter()
  for (;;);
})

app.task('die', (signal: NodeJS.Signals) => {
  process.kill(process.pid, signal)
  return new Promise(() => {})
})

app.task('exit', (code: number) => process.exit(code))

app.task('crash', () => {
  setImmediate(() => {
    throw new Error('outside of the task')
  })
  return new Promise(() => {})
})

app.task('look', (name: string) => [app.conf.taskDefaultQueue, process.env[name] ?? ''])
