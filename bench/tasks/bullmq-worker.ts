/** BullMQ's worker, with its function in this process or in children ("sandboxed"). */
import { fileURLToPath } from 'node:url'
import { Worker } from 'bullmq'
import noop from './bullmq-noop.ts'

const { BENCH_QUEUE = '', BENCH_REDIS, BENCH_POOL, BENCH_CONCURRENCY } = process.env

const processor =
  BENCH_POOL === 'sandboxed' ? fileURLToPath(new URL('./bullmq-noop.ts', import.meta.url)) : noop
const worker = new Worker(BENCH_QUEUE, processor, {
  connection: { url: String(BENCH_REDIS), maxRetriesPerRequest: null },
  concurrency: Number(BENCH_CONCURRENCY),
})
process.once('SIGTERM', () => worker.close())
