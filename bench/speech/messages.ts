import { randomUUID } from 'node:crypto'
import { type Channel, Connection, Consumer, Exchange, Producer, Queue } from '@voice-pocket/kombu'
import type { Program } from '../../packages/voice-pocket/test/end-to-end/program.ts'
import { Workspace } from '../../packages/voice-pocket/test/end-to-end/workspace.ts'

export const TEXT = '안녕하세요.'

const queueOf = (name: 'input' | 'output') =>
  new Queue(`${name}.queue`, {
    exchange: new Exchange(`${name}.exchange`, { type: 'direct' }),
    routingKey: `${name}.key`,
  })

/** From the first message published to the last notice heard, with one worker of two processes. */
export async function measureMessages(
  services: Readonly<Record<string, string>>,
  count: number,
): Promise<{ perSecond: number; realTime: number }> {
  await using stack = new AsyncDisposableStack()
  const workspace = await Workspace.open({ after: (end) => stack.defer(end) })
  const worker = workspace.voicePocket(['worker'], {
    ...services,
    VOICE_POCKET_CONCURRENCY: '2',
    VOICE_POCKET_LOG_LEVEL: 'info',
  })
  await worker.says(/takes messages from input\.queue/)
  const broker = services.CELERY_BROKER_URL ?? `sqlite:///${workspace.folder}/data/broker.sqlite`
  const connection = stack.use(new Connection(broker))
  const channel = await connection.channel()
  await queueOf('output').declare(channel)
  await queueOf('output').purge(channel)

  const trouble = troubleOf(worker)
  await Promise.race([trouble, speak(connection, channel, 20)]) // each process loads its engine with its first text
  const started = performance.now()
  const keys = await Promise.race([trouble, speak(connection, channel, count)])
  const seconds = (performance.now() - started) / 1_000
  const lengths = await Promise.all(keys.map((key) => workspace.measureSpeech(key)))
  const spoken = lengths.reduce((sum, { seconds: length }) => sum + length, 0)
  await worker.stop()
  return { perSecond: count / seconds, realTime: spoken / seconds }
}

/** Rejects with the first line of the log that is an error: the message it is about would be waited for in vain. */
async function troubleOf(worker: Program): Promise<never> {
  const [line] = await worker.says(/"level":[56]0,.*/)
  throw new Error(line)
}

/** Sends so many messages, and resolves with the keys of the notices when the last one is there. */
async function speak(connection: Connection, channel: Channel, count: number): Promise<string[]> {
  const keys: string[] = []
  const complete = Promise.withResolvers<void>()
  const onNotice = (body: unknown) => {
    const { state, key } = body as { state: string; key: string }
    if (state !== 'SUCCESS') complete.reject(new Error(JSON.stringify(body)))
    if (keys.push(key) === count) complete.resolve()
  }
  const consumer = new Consumer(channel, { queues: [queueOf('output')], callbacks: [onNotice], noAck: true })
  await consumer.consume()
  const input = queueOf('input')
  await using producer = new Producer(connection, { exchange: input.exchange, routingKey: input.routingKey })
  const message = () => ({ type: 'ETL', uuid: randomUUID(), email: 'reader@example.com', text: TEXT })
  await Promise.all(Array.from({ length: count }, () => producer.publish(message(), { declare: [input] })))
  await complete.promise
  await consumer.cancel()
  return keys
}
