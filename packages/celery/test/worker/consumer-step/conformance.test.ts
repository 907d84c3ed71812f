/** A thousand messages, a third of them wrong, and a worker that dies in the middle: nothing is lost, over any broker. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type Channel, Connection, Consumer, type Message, Queue } from '@voice-pocket/kombu'
import { CeleryProcess } from '../../bin/celery-process.ts'
import { RunningWorker } from '../../running-worker.ts'
import { serviceFrom } from '../../service.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { within } from '../../within.ts'
import { type ConformanceNames, conformanceApp, MAX_BODY_BYTES, transportOptions } from './conformance-app.ts'

const COUNT = 1000
const KILLED_AFTER = 150
const APP = join(import.meta.dirname, 'conformance-app.ts')

const json = (value: unknown) => Buffer.from(JSON.stringify(value))

/** By the reason they are put aside for. */
const WRONG: readonly (readonly [reason: string, body: (number: number) => Buffer])[] = [
  ['not_json', (number) => Buffer.from(`number=${number}`)],
  ['wrong_encoding', () => Buffer.from([0xac, 0xed, 0x00, 0x05])],
  ['empty_body', () => Buffer.alloc(0)],
  ['not_an_object', (number) => json([number])],
  ['missing_type', (number) => json({ number })],
  ['unknown_type', (number) => json({ type: 'counts', number })],
  ['invalid_message', (number) => json({ type: 'count', number: String(number) })],
  ['body_too_large', () => Buffer.alloc(MAX_BODY_BYTES + 1, ' ')],
  ['failed', (number) => json({ type: 'fail', number })],
]

/** Every third one is wrong, in one of the ways. */
function messageOf(number: number): { reason: string | undefined; body: Buffer } {
  const [reason, body] = WRONG[Math.floor(number / 3) % WRONG.length] as (typeof WRONG)[number]
  if (number % 3 === 0) return { reason, body: body(number) }
  return { reason: undefined, body: json({ type: 'count', number }) }
}

const MESSAGES = Array.from({ length: COUNT }, (_, number) => ({ number, ...messageOf(number) }))

async function publishAll(channel: Channel, queue: string): Promise<void> {
  const labels = {
    contentType: undefined,
    contentEncoding: undefined,
    properties: { deliveryMode: 2 as const },
  }
  const publish = ({ number, body }: { number: number; body: Buffer }) =>
    channel.basicPublish({ body, headers: { number }, ...labels }, { exchange: '', routingKey: queue })
  await Promise.all(MESSAGES.map(publish))
}

/** Collects messages by number, each once. */
class Collector<Value> {
  readonly found = new Map<number, Value>()
  #tell = () => {}

  constructor(read: (message: Message) => readonly [number: number, value: Value]) {
    this.onMessage = async (message) => {
      await message.ack()
      this.found.set(...read(message))
      this.#tell()
    }
  }

  readonly onMessage: (message: Message) => Promise<void>

  async atLeast(count: number): Promise<void> {
    while (this.found.size < count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#tell = resolve
      await within(promise, () => `only ${this.found.size} of ${count} messages came`)
    }
  }
}

/** Something to be killed, and started once more. */
type Starts = (names: ConformanceNames) => Promise<Mortal>

interface Mortal extends AsyncDisposable {
  kill(): Promise<void>
  stop(): Promise<void>
}

const inAProcess: Starts = async ({ brokerUrl, name }) => {
  const env = { ...process.env, CONFORMANCE_BROKER: brokerUrl, CONFORMANCE_NAME: name }
  const worker = new CeleryProcess(['worker', '-l', 'warning'], { app: APP, env })
  const end = async (signal: NodeJS.Signals) => {
    worker.kill(signal)
    await worker.ended()
  }
  return {
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  }
}

/** What no other process can reach dies with its connection at most. */
const inThisProcess: Starts = async (names) => {
  const app = conformanceApp(names)
  const { worker } = await RunningWorker.start(app)
  const end = async (how: 'stop' | 'terminate') => {
    await worker[how]()
    await app.close()
  }
  const kill = async () => {
    await worker.consumer.connection.close()
    await end('terminate')
  }
  return { kill, stop: () => end('stop'), [Symbol.asyncDispose]: () => end('terminate') }
}

async function conforms(brokerUrl: string, start: Starts): Promise<void> {
  const name = `step-${randomUUID()}`
  await using cleanUp = new AsyncDisposableStack()
  const options = { transportOptions: transportOptions({ brokerUrl, name }) }
  const connection = cleanUp.use(await new Connection(brokerUrl, options).connect())
  const channel = await connection.channel()
  const queues = ['input', 'handled', 'dead', 'tasks'].map((part) => new Queue(`${name}.${part}`))
  const [input, handledQueue, deadQueue] = queues as [Queue, Queue, Queue]
  for (const queue of queues) await queue.declare(channel)
  const handled = new Collector((message) => [message.payload as number, true])
  const dead = new Collector(({ headers }) => [Number(headers.number), String(headers['x-dead-letter-code'])])
  const consumers = [
    await new Consumer(channel, { queues: [handledQueue], onMessage: handled.onMessage }).consume(),
    await new Consumer(channel, { queues: [deadQueue], onMessage: dead.onMessage }).consume(),
  ]
  await publishAll(channel, input.name)

  const first = cleanUp.use(await start({ brokerUrl, name }))
  await handled.atLeast(KILLED_AFTER)
  await first.kill()
  assert.ok(handled.found.size < COUNT / 2, 'the first worker was through before it was killed')
  const second = cleanUp.use(await start({ brokerUrl, name }))
  const wrong = MESSAGES.filter(({ reason }) => reason !== undefined)
  await Promise.all([handled.atLeast(COUNT - wrong.length), dead.atLeast(wrong.length)])
  await second.stop()

  const numbers = [...handled.found.keys()].sort((one, other) => one - other)
  const good = MESSAGES.filter(({ reason }) => reason === undefined)
  assert.deepEqual(
    numbers,
    good.map(({ number }) => number),
  )
  for (const { number, reason } of wrong) assert.equal(dead.found.get(number), reason, `message ${number}`)
  assert.equal((await input.status(channel)).messageCount, 0)
  for (const consumer of consumers) await consumer.cancel()
  for (const queue of queues) await channel.queueDelete(queue.name)
}

describe('a step takes a thousand messages, and its worker dies in the middle', {
  timeout: 180_000,
  concurrency: true,
}, () => {
  it('over memory', () => conforms(`memory://${randomUUID()}`, inThisProcess))

  it('over SQLite', async (t) =>
    conforms(`sqlite:///${join(await temporaryFolder(t), 'broker.sqlite')}`, inAProcess))

  for (const [broker, variable] of [
    ['RabbitMQ', 'AMQP_URL'],
    ['Redis', 'REDIS_URL'],
  ] as const) {
    const { value, skip } = serviceFrom(variable)
    it(`over ${broker}`, { skip }, () => conforms(value, inAProcess))
  }
})
