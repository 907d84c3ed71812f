import { AsyncPool, type Run } from './async.ts'

/** One task at a time, in this process: for debugging, and where processes are dear. */
export class SoloPool extends AsyncPool {
  constructor({ run }: { run: Run }) {
    super({ limit: 1, run })
  }
}
