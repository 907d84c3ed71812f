/** What is often built first: a Celery worker in Python that calls espeak-ng for each text. Driven by our client. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Celery } from '@voice-pocket/celery'
import { startWorker } from '../tasks/contender.ts'
import { type AtOnce, measureAtOnce } from './at-once.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const WAV_HEADER_BYTES = 44
const BYTES_PER_SECOND = 2 * 22_050

export interface PipelineOptions {
  readonly python: string
  readonly broker: string
  readonly backend: string
  readonly processes: string
}

export async function measurePipelineAtOnce(
  { python, broker, backend, processes }: PipelineOptions,
  text: string,
  count: number,
): Promise<AtOnce> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'voice-pocket-bench-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const queue = `bench.${randomUUID()}`
  const command = [python, '-m', 'celery', '--workdir', FOLDER, '-A', 'speech_app', 'worker'] as const
  const worker = startWorker([...command, '-P', 'prefork', '-c', processes, '-l', 'warning'], {
    BENCH_BROKER: broker,
    BENCH_BACKEND: backend,
    BENCH_QUEUE: queue,
  })
  stack.defer(async () => void (await worker.stop()))
  const app = stack.use(
    new Celery('bench', { brokerUrl: broker, resultBackend: backend, taskDefaultQueue: queue }),
  )
  const speak = async (each: string) => {
    const path = join(folder, `${randomUUID()}.wav`)
    await (await app.sendTask('bench.speak', { args: [each, path] })).get()
    return ((await stat(path)).size - WAV_HEADER_BYTES) / BYTES_PER_SECOND
  }
  return await measureAtOnce(speak, text, count)
}
