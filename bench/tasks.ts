/**
 * How many jobs a second, and how long one takes: a job that does nothing, from sending it to having its result,
 * ours and others' in one run. All workers stand ready from the start and are measured in turns of a second, so
 * that whatever else the machine does slows all of them alike.
 * `node scripts/test-services.ts node bench/tasks.ts [turns]`
 */
import { install } from './install.ts'
import { median, percentile, threeDigits } from './statistics.ts'
import { table } from './table.ts'
import { ours, python } from './tasks/celery.ts'
import { Entry } from './tasks/entry.ts'
import { variable } from './variable.ts'

const [turns = 6] = process.argv.slice(2).map(Number)

async function makeEntries(): Promise<readonly Entry[]> {
  install()
  const { bullmq } = await import('./tasks/bullmq.ts')
  const services = { broker: variable('AMQP_URL', 'tasks'), backend: variable('REDIS_URL', 'tasks') }
  const celery = new Entry(python(variable('PYTHON_VENV', 'tasks'), services))
  const sandboxed = new Entry(bullmq('sandboxed', services.backend))
  const inProcess = new Entry(bullmq('in process', services.backend))
  const onRedis = { broker: services.backend, backend: services.backend }
  return [
    new Entry(ours('prefork', 'RabbitMQ + Redis', services), [celery, sandboxed]),
    celery,
    new Entry(ours('prefork', 'Redis', onRedis), [celery, sandboxed]),
    new Entry(ours('prefork', 'SQLite'), [celery, sandboxed]),
    sandboxed,
    new Entry(ours('async', 'RabbitMQ + Redis', services), [inProcess]),
    new Entry(ours('async', 'Redis', onRedis), [inProcess]),
    inProcess,
    new Entry(ours('async', 'SQLite'), [inProcess]),
  ]
}

function row(entry: Entry): string[] {
  const { contender, perSecond, latencies, peers } = entry
  const compared = peers.map(
    (peer) => `${entry.timesAs(peer).toFixed(2)} × ${peer.contender.name.split(',', 1)}`,
  )
  const figures = [median(perSecond), percentile(latencies, 50), percentile(latencies, 99)]
  return [contender.name, ...figures.map(threeDigits), compared.join(', ')]
}

await using stack = new AsyncDisposableStack()
const entries = await makeEntries()
for (const entry of entries) await stack.use(entry).open()
for (let turn = 1; turn <= turns; turn++) {
  for (const entry of entries) await entry.takeTurn()
  console.error(
    `turn ${turn} of ${turns}: ${entries.map(({ perSecond }) => perSecond.at(-1)).join(' ')} jobs/s`,
  )
}
const rows = entries.map(row)
console.log(table(['', 'jobs/s', 'p50 ms', 'p99 ms', 'jobs/s compared'], rows))
