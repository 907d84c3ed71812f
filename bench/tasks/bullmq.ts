import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { Queue, QueueEvents } from 'bullmq'
import { CONCURRENCY, type Contender, startWorker } from './contender.ts'

const WORKER = fileURLToPath(new URL('./bullmq-worker.ts', import.meta.url))

export function bullmq(pool: 'in process' | 'sandboxed', redisUrl: string): Contender {
  return { name: `BullMQ, ${pool}, Redis`, open: () => open(pool, redisUrl) }
}

async function open(pool: 'in process' | 'sandboxed', redisUrl: string) {
  const name = `bench-${randomUUID()}`
  const concurrency = pool === 'sandboxed' ? CONCURRENCY.processes : CONCURRENCY.promises
  const worker = startWorker([process.execPath, WORKER], {
    BENCH_QUEUE: name,
    BENCH_REDIS: redisUrl,
    BENCH_POOL: pool,
    BENCH_CONCURRENCY: concurrency,
  })
  const connection = { url: redisUrl }
  // Done jobs are kept for a day, as our results are; by its own default they are kept for ever.
  const defaultJobOptions = { removeOnComplete: { age: 86_400 } }
  const queue = new Queue(name, { connection, defaultJobOptions })
  const events = new QueueEvents(name, { connection })
  queue.setMaxListeners(0) // each job that is waited for listens
  await events.waitUntilReady()
  return {
    async call() {
      const job = await queue.add('noop', 1)
      return job.waitUntilFinished(events)
    },
    async [Symbol.asyncDispose]() {
      await worker.stop()
      await events.close()
      await queue.obliterate({ force: true })
      await queue.close()
    },
  }
}
