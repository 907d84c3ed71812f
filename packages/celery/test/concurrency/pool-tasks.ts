/** The app of the pools' tests: children import this file, other pools run its tasks here. */
import { once } from 'node:events'
import { threadId } from 'node:worker_threads'
import { Celery, SoftTimeLimitExceeded } from '../../src/index.ts'
import { FileGate } from './file-gate.ts'

export const app = new Celery('pools')

app.task('add', (x: number, y: number) => x + y)

app.task('fail', (text: string) => {
  throw new RangeError(text)
})

app.task('pass', (folder: string, name: string) => new FileGate(folder, name).pass())

app.task('pass-who', async (folder: string, name: string) => {
  await new FileGate(folder, name).pass()
  return [process.pid, threadId]
})

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

app.task(
  'catch',
  async ({ request: { signal } }) => {
    await once(signal, 'abort')
    return signal.reason instanceof SoftTimeLimitExceeded && `caught after ${signal.reason.seconds}`
  },
  { bind: true },
)

app.task('who', () => [process.pid, threadId])

const held: Buffer[] = []
app.task('hold', (mebibytes: number) => {
  held.push(Buffer.alloc(mebibytes * 1024 * 1024, 1))
  return [process.pid, threadId]
})

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
