/**
 * The tasks that every Celery worker has without being told, for the canvas of other clients to use
 * (https://docs.celeryq.dev/en/stable/userguide/canvas.html).
 */
import { Chunks } from '../canvas/chunks.ts'
import type { AnySignature } from '../canvas/fitting.ts'
import { signatureFromJson } from '../canvas/from-json.ts'
import type { BoundTask } from './bound-task.ts'
import type { Celery } from './celery.ts'
import { unlockChord } from './chord-unlock.ts'
import { type AnyTask, Task, type TaskBody } from './task.ts'
import type { TaskOptions } from './task-options.ts'

type Bound = (self: BoundTask, ...args: never[]) => unknown

interface Builtin {
  readonly fn: Bound
  readonly options?: TaskOptions
}

const BUILTINS: Readonly<Record<string, Builtin>> = {
  /** What a group is replaced by: its values, or the one at `index`. */
  'celery.accumulate': {
    fn: (self: BoundTask, ...args: unknown[]) => {
      const { index } = self.request.kwargs
      return typeof index === 'number' ? args.at(index) : args
    },
  },
  'celery.backend_cleanup': { fn: async (self) => void (await (await self.app.backend()).cleanup()) },
  'celery.chord_unlock': { fn: unlockChord, options: { maxRetries: null, ignoreResult: true } },
  'celery.map': { fn: (self) => runEach(self, (value) => [value]) },
  'celery.starmap': { fn: (self) => runEach(self, (row) => row as unknown[]) },
  'celery.chunks': {
    fn: async (self) => {
      const { signature, values } = sequence(self)
      const chunks = new Chunks(signature, values as unknown[][], Number(self.request.kwargs.n))
      return (await chunks.group().send()).asTuple()
    },
  },
}

/** The built-in task of that name, for this app; undefined when there is none. */
export function builtin(app: Celery, name: string): AnyTask | undefined {
  const found = Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined
  if (found === undefined) return undefined
  const body = { bind: true, takesKeywords: true, fn: found.fn } as unknown as TaskBody<
    readonly unknown[],
    unknown
  >
  return new Task(app, name, body, found.options ?? {})
}

/** In this process, one after the other. */
async function runEach(self: BoundTask, argsOf: (value: unknown) => unknown[]): Promise<unknown[]> {
  const { signature, values } = sequence(self)
  const task = self.app.tasks.get(signature.task)
  const results: unknown[] = []
  for (const value of values) {
    results.push(await task.run({ ...self.request, task: task.name, args: argsOf(value), kwargs: {} }))
  }
  return results
}

function sequence({ app, request }: BoundTask): { signature: AnySignature; values: readonly unknown[] } {
  const [task = request.kwargs.task, it = request.kwargs.it] = request.args
  return { signature: signatureFromJson(task, app), values: it as readonly unknown[] }
}
