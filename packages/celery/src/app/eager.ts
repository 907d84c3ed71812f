import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { registry as serializers } from '@voice-pocket/kombu'
import { type Backend, createBackend } from '../backends/index.ts'
import { resultFromTuple } from '../group-result.ts'
import { type AnyResult, AsyncResult, type ResultApp } from '../result.ts'
import type { Celery } from './celery.ts'
import { currentTask } from './current-task.ts'
import { type TaskCall, writeTask } from './protocol.ts'
import { trace } from './trace.ts'

/**
 * Calls that run where they are made, instead of being sent: for tests, and to see a canvas at work in a debugger.
 * What a task would do through broker and result backend it does here, through the same code, with a result backend
 * of the scope's own; so a chain, a chord or a retry is what it is on a worker, one task after the other. A countdown
 * is not waited for.
 */
export class Eager {
  readonly #app: Celery
  readonly #backend = createBackend(`cache+memory://eager-${randomUUID()}`)

  constructor(app: Celery) {
    this.#app = app
  }

  backend(): Promise<Backend> {
    return this.#backend
  }

  /** Runs the call to its end, with all that comes after it. Throws what its task throws only if the settings say so. */
  async run(call: TaskCall): Promise<void> {
    const { conf } = this.#app
    const { headers, body } = writeTask(call)
    const wire = {
      payload: { ...serializers.dumps(body, conf.taskSerializer), headers, properties: {} },
      deliveryInfo: { exchange: '', routingKey: '', priority: 0, redelivered: false },
      hostname: this.#app.origin,
    }
    const { signal } = new AbortController()
    const softTimeLimit = call.timelimit?.[1]
    const outcome = await trace(this.#app, wire, { signal, softTimeLimit, onAccepted() {} })
    const isOutermost = currentTask() === undefined
    if (outcome.kind !== 'failure' || !conf.taskEagerPropagates || !isOutermost) return
    throw (await (await this.#backend).getTaskMeta(call.id)).result
  }

  async close(): Promise<void> {
    await (await this.#backend).close()
  }
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
    const outside: ResultApp = {
      backend: () => eager.backend(),
      control: app.control,
      resultFromTuple: (tuple) => resultFromTuple(tuple, outside),
    }
    return await kept(outside.resultFromTuple(result.asTuple()))
  } finally {
    await eager.close()
  }
}

/** The result, which has read by now all that it will be asked for. */
async function kept(result: AnyResult): Promise<AnyResult> {
  if (result instanceof AsyncResult) await result.meta()
  else await Promise.all(result.results.map(kept))
  if (result.parent) await kept(result.parent)
  return result
}
