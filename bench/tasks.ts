/**
 * How many jobs a second, and how long one takes: a job that does nothing, from sending it to having its result,
 * ours and others' in one run, in turns. `node scripts/test-services.ts node bench/tasks.ts [rounds] [seconds]`
 */
import { execFileSync } from 'node:child_process'
import { median, percentile, threeDigits } from './statistics.ts'
import { table } from './table.ts'
import { ours, python } from './tasks/celery.ts'
import type { Contender } from './tasks/contender.ts'

const [rounds = 3, seconds = 5] = process.argv.slice(2).map(Number)
/** Jobs under way at once when throughput is measured. */
const IN_FLIGHT = 100
const WARM_UP_SECONDS = 2

interface Figures {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

async function measure(contender: Contender): Promise<Figures> {
  await using running = await contender.open()
  const call = async () => {
    const started = performance.now()
    await running.call()
    return performance.now() - started
  }
  await keepInFlight(IN_FLIGHT, WARM_UP_SECONDS, call)
  const alone = await keepInFlight(1, seconds / 2, call)
  const together = await keepInFlight(IN_FLIGHT, seconds, call)
  return {
    perSecond: together.length / seconds,
    p50: percentile(alone, 50),
    p99: percentile(alone, 99),
  }
}

/** Keeps `count` calls going for a while; resolves with what those that ended in time returned. */
async function keepInFlight<Value>(count: number, forSeconds: number, call: () => Promise<Value>) {
  const until = performance.now() + forSeconds * 1_000
  const values: Value[] = []
  const lane = async () => {
    while (performance.now() < until) {
      const value = await call()
      if (performance.now() < until) values.push(value)
    }
  }
  await Promise.all(Array.from({ length: count }, lane))
  return values
}

function variable(name: string): string {
  const value = process.env[name]
  if (value) return value
  throw new Error(`${name} is not set. Run: node scripts/test-services.ts node bench/tasks.ts`)
}

async function contenders() {
  const install = ['install', '--no-package-lock', '--no-audit', '--silent', '--ignore-scripts']
  execFileSync('npm', install, { cwd: new URL('.', import.meta.url), stdio: 'inherit' })
  const { bullmq } = await import('./tasks/bullmq.ts')
  const services = { broker: variable('AMQP_URL'), backend: variable('REDIS_URL') }
  const peers = {
    celery: python(variable('PYTHON_VENV'), services),
    bullmqProcesses: bullmq('sandboxed', services.backend),
    bullmqPromises: bullmq('in process', services.backend),
  }
  const entries: readonly { contender: Contender; peers: readonly Contender[] }[] = [
    {
      contender: ours('prefork', 'RabbitMQ + Redis', services),
      peers: [peers.celery, peers.bullmqProcesses],
    },
    { contender: ours('async', 'RabbitMQ + Redis', services), peers: [peers.bullmqPromises] },
    { contender: ours('prefork', 'SQLite'), peers: [peers.celery, peers.bullmqProcesses] },
    { contender: ours('async', 'SQLite'), peers: [peers.bullmqPromises] },
    ...Object.values(peers).map((contender) => ({ contender, peers: [] })),
  ]
  return entries
}

const entries = await contenders()
const measured = new Map<Contender, Figures[]>(entries.map(({ contender }) => [contender, []]))
for (let round = 1; round <= rounds; round++) {
  for (const { contender } of entries) {
    const figures = await measure(contender)
    measured.get(contender)?.push(figures)
    console.error(`${round}/${rounds} ${contender.name}: ${threeDigits(figures.perSecond)}/s`)
  }
}
const middle = (contender: Contender, figure: keyof Figures) =>
  median((measured.get(contender) ?? []).map((figures) => figures[figure]))
const rows = entries.map(({ contender, peers }) => [
  contender.name,
  ...(['perSecond', 'p50', 'p99'] as const).map((figure) => threeDigits(middle(contender, figure))),
  peers
    .map((peer) => {
      const ratio = middle(contender, 'perSecond') / middle(peer, 'perSecond')
      return `${ratio.toFixed(2)} × ${peer.name.split(',', 1)}`
    })
    .join(', '),
])
console.log(table(['', 'jobs/s', 'p50 ms', 'p99 ms', 'jobs/s compared'], rows))
