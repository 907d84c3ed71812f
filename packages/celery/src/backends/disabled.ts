import { BackendError } from '../exceptions.ts'
import { Backend, type TaskMeta } from './base.ts'

/** Keeps nothing: tasks can be sent and run, and whoever asks for a result is told how there would be one. */
export class DisabledBackend extends Backend {
  readonly url = 'disabled://'

  async storeResult(): Promise<void> {}

  async getTaskMeta(): Promise<TaskMeta> {
    throw this.#refusal()
  }

  // biome-ignore lint/correctness/useYield: it has nothing to yield
  async *watch(): AsyncGenerator<TaskMeta, void, undefined> {
    throw this.#refusal()
  }

  /** A chord is finished by whoever counts its last part: here nobody can. */
  override ensureChordsAllowed(): void {
    throw this.#refusal()
  }

  async forget(): Promise<void> {
    throw this.#refusal()
  }

  async cleanup(): Promise<number> {
    return 0
  }

  async close(): Promise<void> {}

  #refusal(): BackendError {
    return new BackendError(
      'No result backend is configured, so no results are kept. ' +
        "Set resultBackend, for example to 'redis://localhost' or 'sqlite:///results.sqlite', in the worker and here.",
    )
  }
}
