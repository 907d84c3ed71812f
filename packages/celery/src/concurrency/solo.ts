import type { Logger } from '../logger.ts'
import { AsyncPool, type Run } from './async.ts'

/** One task at a time, in this process: for debugging, and where processes are dear. */
export class SoloPool extends AsyncPool {
  constructor({ run, logger }: { run: Run; logger: Logger }) {
    super({ limit: 1, run, logger })
  }

  override resize(): never {
    throw new RangeError("The pool 'solo' has one slot and cannot change its size. Take the pool 'async'.")
  }
}
