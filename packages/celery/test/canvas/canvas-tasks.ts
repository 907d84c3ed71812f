import { Celery, chain, group, type LooseSettings } from '../../src/index.ts'

/** What a task of the tests saw of itself. */
export interface Seen {
  readonly id: string
  readonly root: string
  readonly parent: string | null
  readonly group: string | null
  readonly index: number | null
  readonly args: readonly unknown[]
}

/** An app with the tasks that the tests of the canvas are made of; `noted` has what was called for its effect. */
export function canvasApp(settings: LooseSettings) {
  const app = new Celery('canvas', { workerPool: 'async', ...settings })
  const noted: unknown[] = []
  const waiting = new Set<() => void>()
  const add = app.task('canvas.add', (x: number, y: number) => x + y)
  const total = app.task('canvas.total', (numbers: readonly number[]) =>
    numbers.reduce((sum, n) => sum + n, 0),
  )
  // biome-ignore lint/suspicious/noExplicitAny: it gives what it takes, and a task has no type parameters
  const echo = app.task('canvas.echo', (value: any): any => value)
  const list = app.task('canvas.list', (...values: unknown[]) => values)
  const boom = app.task('canvas.boom', (..._values: unknown[]): number => {
    throw new TypeError('boom')
  })
  const note = app.task('canvas.note', (value: unknown) => {
    noted.push(value)
    for (const look of waiting) look()
    return value
  })
  const blame = app.task('canvas.blame', (request: { id: string }, error: Error, traceback: string) => {
    noted.push([request.id, error.name, error.message, traceback.includes('boom')])
    for (const look of waiting) look()
  })
  const see = app.task(
    'canvas.see',
    ({ request }, ...args: unknown[]): Seen => ({
      id: request.id,
      root: request.rootId,
      parent: request.parentId ?? null,
      group: request.group ?? null,
      index: request.groupIndex ?? null,
      args,
    }),
    { bind: true },
  )
  const become = app.task(
    'canvas.become',
    (self, x: number, what: 'task' | 'chain' | 'group' | 'chord'): Promise<never> => {
      const { s } = { s: (y: number) => add.s(y) }
      if (what === 'task') return self.replace(add.s(x, 1))
      if (what === 'chain') return self.replace(chain(add.s(x, 1), s(10)))
      if (what === 'group') return self.replace(group(add.s(x, 1), add.s(x, 2)))
      return self.replace(chain(group(add.s(x, 1), add.s(x, 2)), total.s()))
    },
    { bind: true },
  )
  const grow = app.task(
    'canvas.grow',
    async (self, x: number) => {
      await self.addToChord(add.si(x, 100))
      return x
    },
    { bind: true },
  )
  const tasks = { add, total, echo, list, boom, note, blame, see, become, grow }
  /** Resolves when that many were noted. */
  const notes = async (count: number): Promise<readonly unknown[]> => {
    await new Promise<void>((resolve) => {
      const look = () => noted.length >= count && resolve()
      waiting.add(look)
      look()
    })
    return noted
  }
  return { app, ...tasks, noted, notes }
}
