/** Our client, with our worker or with Python's: both take the same messages. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Celery } from '@voice-pocket/celery'
import { Queue } from '@voice-pocket/kombu'
import { CONCURRENCY, type Contender, startWorker } from './contender.ts'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const CELERY = path('../../packages/celery/src/bin/celery.ts')

export interface Services {
  readonly broker: string
  readonly backend: string
}

type Pool = 'prefork' | 'async'
const concurrencyOf = (pool: Pool) => (pool === 'prefork' ? CONCURRENCY.processes : CONCURRENCY.promises)

export function ours(pool: Pool, on: string, services?: Services): Contender {
  const worker = [process.execPath, CELERY, '-A', path('./celery-app.ts'), 'worker'] as const
  const command = [...worker, '-P', pool, '-c', concurrencyOf(pool)] as const
  return { name: `voice-pocket celery, ${pool}, ${on}`, open: () => open(command, services) }
}

export function python(interpreter: string, services: Services): Contender {
  const worker = [interpreter, '-m', 'celery', '--workdir', path('.'), '-A', 'celery_app', 'worker'] as const
  const command = [...worker, '-P', 'prefork', '-c', CONCURRENCY.processes, '-l', 'warning'] as const
  return { name: 'Python Celery, prefork, RabbitMQ + Redis', open: () => open(command, services) }
}

async function open(command: readonly [string, ...string[]], services: Services | undefined) {
  const folder = await mkdtemp(join(tmpdir(), 'voice-pocket-bench-'))
  const { broker, backend } = services ?? {
    broker: `sqlite:///${folder}/broker.sqlite`,
    backend: `sqlite:///${folder}/results.sqlite`,
  }
  const queue = `bench.${randomUUID()}`
  const worker = startWorker(command, {
    BENCH_BROKER: broker,
    BENCH_BACKEND: backend,
    BENCH_QUEUE: queue,
  })
  const app = new Celery('bench', { brokerUrl: broker, resultBackend: backend, taskDefaultQueue: queue })
  return {
    async call() {
      const result = await app.sendTask('bench.noop', { args: [1] })
      return result.get()
    },
    async [Symbol.asyncDispose]() {
      await worker.stop()
      await new Queue(queue).delete(await app.connection.channel())
      await app.close()
      await rm(folder, { recursive: true })
    },
  }
}
