import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Channel,
  ChannelError,
  Connection,
  Consumer,
  ConsumerMixin,
  type Message,
  Producer,
  Queue,
} from '../src/index.ts'
import { Bench, TIMEOUT_MS } from './support.ts'

const URL = 'memory://mixins'

class Program extends ConsumerMixin {
  readonly #queue: Queue
  readonly #onMessage: (message: Message) => Promise<void>

  constructor(connection: Connection, queue: Queue, onMessage: (message: Message) => Promise<void>) {
    super(connection)
    this.#queue = queue
    this.#onMessage = onMessage
  }

  getConsumers(channel: Channel): Consumer[] {
    return [new Consumer(channel, { queues: [this.#queue], onMessage: this.#onMessage })]
  }
}

test('stopping lets a running callback finish and settle', { timeout: TIMEOUT_MS }, async (t) => {
  const bench = await Bench.open(t, URL)
  const queue = await bench.queue()
  const begun = Promise.withResolvers<void>()
  const work = Promise.withResolvers<void>()
  const program = new Program(bench.connection, queue, async (message) => {
    begun.resolve()
    await work.promise
    await message.ack()
  })
  const stop = new AbortController()
  const running = program.run({ signal: stop.signal })
  await new Producer(bench.connection).publish('x', { routingKey: queue.name })
  await begun.promise
  stop.abort()
  work.resolve()
  await running
  assert.equal((await queue.status(bench.channel)).messageCount, 0)
})

test('giving up does not wait, and the message goes back', { timeout: TIMEOUT_MS }, async (t) => {
  const bench = await Bench.open(t, URL)
  const queue = await bench.queue()
  const begun = Promise.withResolvers<void>()
  const program = new Program(bench.connection, queue, async () => {
    begun.resolve()
    await new Promise(() => undefined)
  })
  const giveUp = new AbortController()
  const running = program.run({ giveUp: giveUp.signal })
  await new Producer(bench.connection).publish('x', { routingKey: queue.name })
  await begun.promise
  giveUp.abort()
  await running
  assert.equal((await queue.get(bench.channel))?.deliveryInfo.redelivered, true)
})

test('a refused declaration ends the program with the reason', { timeout: TIMEOUT_MS }, async (t) => {
  const bench = await Bench.open(t, URL)
  const { name } = await bench.queue()
  const program = new Program(bench.connection, new Queue(name, { durable: false }), async () => undefined)
  await assert.rejects(program.run(), (error) => error instanceof ChannelError && error.code === 406)
})

test('a program waits for a broker that is not there, and can be stopped meanwhile', async () => {
  await using connection = new Connection('sqlite:////dev/null/none.sqlite')
  const told = Promise.withResolvers<number>()
  class Waiting extends Program {
    override onConnectionError(_error: unknown, waitMs: number): void {
      told.resolve(waitMs)
    }
  }
  const program = new Waiting(connection, new Queue('q'), async () => undefined)
  await program.stop()
  await program.run()
  const patient = new Waiting(connection, new Queue('q'), async () => undefined)
  const running = patient.run()
  assert.ok((await told.promise) > 0)
  await patient.stop()
  await patient.stop()
  await running
})
