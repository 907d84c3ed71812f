import { STARTED, type State } from '../states.ts'
import type { Backend, StoreOptions } from './base.ts'
import { KeyValueChords } from './chords.ts'
import { KeyValueStoreBackend } from './key-value.ts'
import { MemoryStore } from './memory.ts'
import { resolveOptions } from './options.ts'

/**
 * Results in this process, of which another backend keeps a copy: of calls that run where they are made, with
 * `taskStoreEagerResult`. That they have begun nobody has to be told, as in Celery: whoever could ask waits for them.
 */
export class MirroringBackend extends KeyValueStoreBackend {
  readonly #other: () => Promise<Backend>

  constructor(name: string, other: () => Promise<Backend>) {
    const [store, options] = [new MemoryStore(name), resolveOptions({})]
    super(store, options, new KeyValueChords(store, options))
    this.#other = other
  }

  override async storeResult(
    taskId: string,
    result: unknown,
    status: State,
    options: StoreOptions = {},
  ): Promise<void> {
    await super.storeResult(taskId, result, status, options)
    if (status === STARTED) return
    const other = await this.#other()
    await other.storeResult(taskId, result, status, options)
  }
}
