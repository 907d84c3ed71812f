/** An input consumer on a broker of its own names, with everything around it real but the task. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { Celery, type MessageStepParent } from '@voice-pocket/celery'
import { type Channel, Connection, Consumer, type Message, Producer, Queue } from '@voice-pocket/kombu'
import { HandlerRegistry, speechHandler } from '../src/handlers.ts'
import { type InputParts, inputMessageConsumerStep } from '../src/input-consumer.ts'
import type { SpeechRequest } from '../src/messages.ts'
import { Notices, queueOf } from '../src/notices.ts'
import { SqliteIndexStore } from '../src/speech-index/sqlite.ts'
import { SpeechIndex } from '../src/speech-index.ts'
import { MAX_BODY_BYTES, MAX_TEXT_LENGTH } from './malformed-messages.ts'
import { silentLogger } from './silent-logger.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface RawLabels {
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly headers?: Record<string, unknown>
  readonly userId?: string
  readonly priority?: number
}

export interface Bench {
  readonly index: SpeechIndex
  /** Task ids, in the order of their start. */
  readonly started: string[]
  readonly deadQueue: Queue
  readonly outputQueue: Queue
  readonly inputQueue: Queue
  send(body: Buffer, labels?: RawLabels): Promise<void>
  /** Starts a consumer on a connection of its own, as another process would. */
  startStep(parts?: Partial<InputParts>): Promise<{ connection: Connection; stop(): Promise<void> }>
  /** The next `count` messages of a queue, acknowledged. */
  receive(queue: Queue, count: number): Promise<Message[]>
  waiting(queue: Queue): Promise<number>
}

export async function openBench(
  t: TestContext,
  brokerUrl: string,
  startTask: (request: SpeechRequest) => Promise<void> = async () => {},
): Promise<Bench> {
  const cleanUp = new AsyncDisposableStack()
  t.after(() => cleanUp.disposeAsync())
  const folder = await temporaryFolder(cleanUp)
  const index = new SpeechIndex(new SqliteIndexStore(`sqlite:///${folder}/index.sqlite`, { expires: 0 }))
  const url = brokerUrl === 'sqlite' ? `sqlite:///${folder}/broker.sqlite` : brokerUrl
  const name = `test-${randomUUID()}`
  const input = { exchange: `${name}.input`, queue: `${name}.input`, key: 'input.key' }
  const output = { exchange: `${name}.output`, queue: `${name}.output`, key: 'output.key' }
  const [inputQueue, outputQueue, deadQueue] = [queueOf(input), queueOf(output), new Queue(`${name}.dead`)]
  const connection = await new Connection(url).connect()
  const channel = await connection.channel()
  for (const queue of [inputQueue, outputQueue, deadQueue]) await queue.declare(channel)
  cleanUp.defer(() => index.close())
  cleanUp.defer(() => connection.close())
  cleanUp.defer(() => deleteQueues(connection, [inputQueue, outputQueue, deadQueue]))

  const started: string[] = []
  const registry = new HandlerRegistry().register(
    'ETL',
    speechHandler({
      index,
      maxTextLength: MAX_TEXT_LENGTH,
      async startTask(taskId, request) {
        started.push(taskId)
        await startTask(request)
      },
    }),
  )
  const parts: InputParts = {
    queue: inputQueue,
    deadQueue,
    registry,
    connection,
    notices: new Notices(new Producer(connection), output),
    logger: silentLogger,
    maxBodyBytes: MAX_BODY_BYTES,
  }
  return {
    index,
    started,
    inputQueue,
    outputQueue,
    deadQueue,
    send: (body, labels = {}) => publish(channel, input, body, labels),
    startStep: (changes = {}) => startStep(cleanUp, url, { ...parts, ...changes }),
    receive: (queue, count) => receive(connection, queue, count),
    waiting: async (queue) => (await queue.status(channel)).messageCount,
  }
}

/** Of the worker's consumer, what the step asks of it. */
async function startStep(cleanUp: AsyncDisposableStack, url: string, parts: InputParts) {
  const app = new Celery('bench', { brokerUrl: url })
  const connection = await new Connection(url).connect()
  const [quieting, givingUp] = [new AbortController(), new AbortController()]
  const parent: MessageStepParent = {
    app,
    hostname: 'bench@here',
    logger: parts.logger,
    parts: { events: { wants: () => false, send: () => {} } },
    quieting: quieting.signal,
    givingUp: givingUp.signal,
    get isStopping() {
      return quieting.signal.aborted
    },
    channel: () => connection.channel(),
    claimQueues: () => {},
    restart: (reason: Error) => assert.fail(reason),
  }
  const InputMessageConsumerStep = inputMessageConsumerStep(parts)
  const step = new InputMessageConsumerStep(parent)
  await step.start(parent)
  const stop = async () => {
    quieting.abort()
    await step.stop(parent)
    await connection.close()
    await app.close()
  }
  cleanUp.defer(stop)
  return { connection, stop }
}

function publish(
  channel: Channel,
  { exchange, key }: { exchange: string; key: string },
  body: Buffer,
  labels: RawLabels,
) {
  const { contentType, contentEncoding, headers = {}, userId, priority } = labels
  const properties = {
    deliveryMode: 2 as const,
    ...(userId !== undefined && { userId }),
    ...(priority !== undefined && { priority }),
  }
  const payload = { body, contentType, contentEncoding, headers, properties }
  return channel.basicPublish(payload, { exchange, routingKey: key, mandatory: true })
}

async function receive(connection: Connection, queue: Queue, count: number): Promise<Message[]> {
  const channel = await connection.channel()
  const messages: Message[] = []
  const all = Promise.withResolvers<void>()
  const onMessage = async (message: Message) => {
    await message.ack()
    if (messages.push(message) === count) all.resolve()
  }
  const consumer = await new Consumer(channel, { queues: [queue], onMessage }).consume()
  await all.promise
  await consumer.cancel()
  await consumer.idle()
  await channel.close()
  return messages
}

async function deleteQueues(connection: Connection, queues: readonly Queue[]): Promise<void> {
  const channel = await connection.channel()
  for (const queue of queues) {
    await queue.delete(channel)
    if (queue.exchange.name !== '') await queue.exchange.delete(channel)
  }
}
