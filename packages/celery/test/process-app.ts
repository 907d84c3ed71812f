/** The app of tests whose tasks run in other processes. It leaves its traces in a folder that its caller names. */
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Celery, type LooseSettings } from '../src/index.ts'
import { FileGate } from './concurrency/file-gate.ts'

export function createApp(settings: LooseSettings = {}) {
  const app = new Celery('processes', settings)
  let sums = 0
  app.measures.add({
    name: 'sums_total',
    help: 'Sums made.',
    type: 'counter',
    read: () => [{ value: sums }],
  })
  const late = { acksLate: true, rejectOnWorkerLost: true }
  const tasks = {
    add: app.task('tasks.add', (x: number, y: number) => {
      sums += 1
      return x + y
    }),
    /** Notes its name, and waits at its gate. */
    pass: app.task('tasks.pass', note),
    passLate: app.task('tasks.pass_late', note, late),
    fail: app.task('tasks.fail', (text: string) => {
      throw new RangeError(text)
    }),
    die: app.task('tasks.die', die),
    dieLate: app.task('tasks.die_late', die, late),
    /** Dies the first time. */
    survive: app.task(
      'tasks.survive',
      async (folder: string) => {
        await appendFile(join(folder, 'runs'), 'run\n')
        if ((await readFile(join(folder, 'runs'), 'utf8')) === 'run\n') process.kill(process.pid, 'SIGKILL')
        return 'survived'
      },
      late,
    ),
    retry: app.task(
      'tasks.retry',
      async (self, times: number) => {
        if (self.request.retries < times) await self.retry({ countdown: 0.05, exc: new Error('not yet') })
        return self.request.retries
      },
      { bind: true },
    ),
    retryLater: app.task(
      'tasks.retry_later',
      (self) => self.retry({ countdown: 600, exc: new Error('not yet') }),
      { bind: true },
    ),
    progress: app.task(
      'tasks.progress',
      async (self, folder: string) => {
        await self.updateState('PROGRESS', { done: 1, total: 2 })
        await new FileGate(folder, 'progress').pass()
        return 'all'
      },
      { bind: true },
    ),
    spin: app.task('tasks.spin', async (folder: string) => {
      await new FileGate(folder, 'spin').enter()
      for (;;);
    }),
    headers: app.task('tasks.headers', (self) => self.request.headers, { bind: true }),
  }
  return { app, tasks }
}

async function note(folder: string, name: string): Promise<string> {
  await appendFile(join(folder, 'runs'), `${name}\n`)
  await new FileGate(folder, name).pass()
  return name
}

async function die(folder: string): Promise<never> {
  await appendFile(join(folder, 'runs'), 'run\n')
  process.kill(process.pid, 'SIGKILL')
  return new Promise<never>(() => {})
}

/** What a worker's command line and the children of its pool import. */
export const { app } = createApp()
