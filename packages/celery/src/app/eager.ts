import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { registry as serializers } from '@voice-pocket/kombu'
import type { ResultTuple, TaskMeta } from '../backends/base.ts'
import { type Backend, createBackend } from '../backends/index.ts'
import { EagerResult } from '../eager-result.ts'
import { resultFromTuple } from '../group-result.ts'
import type { AnyResult, ResultApp } from '../result.ts'
import type { Celery } from './celery.ts'
import { currentTask } from './current-task.ts'
import { type TaskCall, writeTask } from './protocol.ts'
import type { Route } from './routes.ts'
import { trace } from './trace.ts'

/**
 * Calls that run where they are made, instead of being sent: for tests, and to see a canvas at work in a debugger.
 * What a task would do through broker and result backend it does here, through the same code, with a result backend
 * of the scope's own; so a chain, a chord or a retry is what it is on a worker, one task after the other. A countdown
 * is not waited for.
 */
export class Eager {
  readonly #app: Celery
  readonly #backend: Promise<Backend>

  constructor(app: Celery) {
    this.#app = app
    this.#backend = openBackend(app)
  }

  backend(): Promise<Backend> {
    return this.#backend
  }

  /** Runs the call to its end, with all that comes after it. Throws what its task throws only if the settings say so. */
  async run(call: TaskCall, { serializer }: Route): Promise<void> {
    const { conf } = this.#app
    const { headers, body } = writeTask(call)
    const wire = {
      payload: { ...serializers.dumps(body, serializer ?? conf.taskSerializer), headers, properties: {} },
      deliveryInfo: { exchange: '', routingKey: '', priority: 0, redelivered: false },
      hostname: this.#app.origin,
      isEager: true,
    }
    const { signal } = new AbortController()
    const softTimeLimit = call.timelimit?.[1]
    const outcome = await trace(this.#app, wire, { signal, softTimeLimit, onAccepted() {} })
    const isOutermost = currentTask() === undefined
    if (outcome.kind !== 'failure' || !conf.taskEagerPropagates || !isOutermost) return
    throw (await (await this.#backend).getTaskMeta(call.id)).result
  }

  /** The result with what it has by now, which is all that it ever will have. */
  async settled(result: AnyResult): Promise<AnyResult> {
    const tuple = result.asTuple()
    return eagerResult(tuple, await metasOf([tuple], await this.#backend, { children: false }), this.#app)
  }

  async close(): Promise<void> {
    await (await this.#backend).close()
  }
}

async function openBackend(app: Celery): Promise<Backend> {
  const name = `eager-${randomUUID()}`
  if (!app.conf.taskStoreEagerResult) return createBackend(`cache+memory://${name}`)
  const { MirroringBackend } = await import('../backends/mirroring.ts')
  return new MirroringBackend(name, () => app.keptResults())
}

const scopes = new AsyncLocalStorage<Eager>()

/** The scope that the running code is in. */
export function eagerScope(): Eager | undefined {
  return scopes.getStore()
}

/** Does the work in a scope, and takes what became of its tasks out of it. */
export async function eagerly(app: Celery, work: () => Promise<AnyResult>): Promise<AnyResult> {
  const eager = new Eager(app)
  try {
    const result = await scopes.run(eager, work)
    const metas = await metasOf([result.asTuple()], await eager.backend(), { children: true })
    const outside: ResultApp = {
      backend: () => app.backend(),
      control: app.control,
      resultFromTuple: (tuple) => eagerResult(tuple, metas, outside),
    }
    return outside.resultFromTuple(result.asTuple())
  } finally {
    await eager.close()
  }
}

type Metas = ReadonlyMap<string, TaskMeta>

function eagerResult(tuple: ResultTuple, metas: Metas, app: ResultApp): AnyResult {
  return resultFromTuple(tuple, app, (id, parent) => new EagerResult(metas.get(id) as TaskMeta, app, parent))
}

/** The records of all tasks that the tuples tell of; with `children`, those of everything that these started, too. */
async function metasOf(
  tuples: readonly ResultTuple[],
  backend: Backend,
  { children }: { children: boolean },
): Promise<Metas> {
  const metas = new Map<string, TaskMeta>()
  const queue = [...tuples]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [[id, parent], members] = next
    if (parent) queue.push(parent)
    if (members) queue.push(...members)
    else if (!metas.has(id)) {
      const meta = await backend.getTaskMeta(id)
      metas.set(id, meta)
      if (children) queue.push(...meta.children)
    }
  }
  return metas
}
