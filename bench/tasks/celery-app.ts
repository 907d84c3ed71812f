/** What our workers import; `celery_app.py` is the same in Python. */
import { Celery } from '@voice-pocket/celery'

const { BENCH_BROKER = '', BENCH_BACKEND = '', BENCH_QUEUE = '' } = process.env

export const app = new Celery('bench', {
  brokerUrl: BENCH_BROKER,
  resultBackend: BENCH_BACKEND,
  taskDefaultQueue: BENCH_QUEUE,
})

app.task('bench.noop', (value: number) => value)
