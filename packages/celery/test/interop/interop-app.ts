/** Our side of the tests that talk to Python Celery: what interop_tasks.py is on the other side. */
import { Celery, Ignore, type LooseSettings, Reject, SoftTimeLimitExceeded } from '../../src/index.ts'

/** Of a class that nobody else has. */
export class PaymentError extends Error {}

export function createApp(settings: LooseSettings = {}): Celery {
  const app = new Celery('interop', settings)
  app.task('js.add', (x: number, y: number) => x + y)
  app.task('js.same', (...values: unknown[]) => values)
  app.task('js.values', describeValues)
  app.task('js.fail', (text: string) => {
    throw new RangeError(text)
  })
  app.task('js.fail_with_own', () => {
    throw new PaymentError('declined', { cause: new TypeError('no such key') })
  })
  app.task('js.reject', () => {
    throw new Reject('not mine', { requeue: false })
  })
  app.task('js.returns_a_function', () => () => 1)
  app.task('js.spin', spin, { trackStarted: true })
  addBound(app)
  return app
}

function addBound(app: Celery): void {
  app.task('js.headers', (self) => self.request.headers, { bind: true })
  app.task('js.request', (self) => ({ ...self.request, signal: self.request.signal.aborted }), { bind: true })
  app.task(
    'js.retry',
    async (self, times: number) => {
      if (self.request.retries < times) await self.retry({ countdown: 0.05, exc: new Error('not yet') })
      return self.request.retries
    },
    { bind: true, maxRetries: 2 },
  )
  app.task('js.send_event', (self) => self.sendEvent('task-halfway', { done: 5 }), { bind: true })
  app.task('js.retry_later', (self) => self.retry({ countdown: 600, exc: new Error('not yet') }), {
    bind: true,
  })
  app.task(
    'js.ignore',
    async (self) => {
      await self.updateState('PROGRESS', { done: 1, total: 2 })
      throw new Ignore()
    },
    { bind: true },
  )
  app.task('js.catch_soft_limit', (self) => untilSoftLimit(self.request.signal), { bind: true })
  app.task(
    'js.call',
    async (self, name: string, queue: string, ...args: unknown[]) =>
      (await self.app.sendTask(name, { args, queue })).id,
    { bind: true },
  )
}

/** What it was given, and what JavaScript took it for. */
function describeValues(...given: unknown[]) {
  return {
    given,
    types: given.map((value) => (value === null ? 'null' : (value as object).constructor.name)),
    texts: given.map(textOf),
  }
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)
}

function spin(): never {
  for (;;);
}

async function untilSoftLimit(signal: AbortSignal): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  signal.addEventListener('abort', () => resolve(signal.reason))
  return (await promise) instanceof SoftTimeLimitExceeded ? 'caught' : 'ended'
}

/** What the children of a worker's pool import. */
export const app = createApp(JSON.parse(process.env.INTEROP_SETTINGS ?? '{}'))
