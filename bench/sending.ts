/**
 * How long it takes to send ten thousand jobs at once, until the broker has all of them; nobody works on them.
 * `node scripts/test-services.ts node bench/sending.ts [rounds]`
 */
import { randomUUID } from 'node:crypto'
import { Celery } from '@voice-pocket/celery'
import { Queue } from '@voice-pocket/kombu'
import { install } from './install.ts'
import { median, threeDigits } from './statistics.ts'
import { table } from './table.ts'
import { variable } from './variable.ts'

const JOBS = 10_000
const [rounds = 9] = process.argv.slice(2).map(Number)

interface Sender extends AsyncDisposable {
  readonly name: string
  send(): Promise<unknown>
}

function ours(on: string, brokerUrl: string): Sender {
  const queue = `bench.${randomUUID()}`
  const app = new Celery('bench', { brokerUrl, resultBackend: redis, taskDefaultQueue: queue })
  const noop = app.task('bench.noop', (value: number) => value)
  return {
    name: `voice-pocket celery, delay(), ${on}`,
    send: () => Promise.all(Array.from({ length: JOBS }, (_, at) => noop.delay(at))),
    async [Symbol.asyncDispose]() {
      await new Queue(queue).delete(await app.connection.channel())
      await app.close()
    },
  }
}

async function bullmq(how: 'add' | 'addBulk'): Promise<Sender> {
  const { Queue: BullQueue } = await import('bullmq')
  const queue = new BullQueue(`bench-${randomUUID()}`, { connection: { url: redis } })
  const jobs = Array.from({ length: JOBS }, (_, data) => ({ name: 'noop', data }))
  const send = {
    add: () => Promise.all(jobs.map(({ name, data }) => queue.add(name, data))),
    addBulk: () => queue.addBulk(jobs),
  }
  return {
    name: `BullMQ, ${how}(), Redis`,
    send: send[how],
    async [Symbol.asyncDispose]() {
      await queue.obliterate({ force: true })
      await queue.close()
    },
  }
}

const redis = variable('REDIS_URL', 'sending')
install()
await using stack = new AsyncDisposableStack()
const senders = [
  ours('Redis', redis),
  ours('RabbitMQ', variable('AMQP_URL', 'sending')),
  await bullmq('add'),
  await bullmq('addBulk'),
].map((sender) => ({ sender: stack.use(sender), times: [] as number[] }))
for (let round = -1; round < rounds; round += 1) {
  for (const { sender, times } of senders) {
    const started = performance.now()
    await sender.send()
    if (round >= 0) times.push(performance.now() - started) // the first one warms up
  }
}
const rows = senders.map(({ sender, times }) => [sender.name, threeDigits(median(times))])
console.log(table(['10,000 jobs sent at once', 'ms'], rows))
