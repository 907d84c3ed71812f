/** What must work: `/readyz` asks the parts of a running service, `voice-pocket doctor` tries everything from outside. */
import { randomUUID } from 'node:crypto'
import type { Celery } from '@voice-pocket/celery'
import { Connection, maskUrl, Producer, Queue } from '@voice-pocket/kombu'
import { createApp } from './app.ts'
import { type Check, type CheckResult, runChecks } from './check.ts'
import type { Config } from './config.ts'
import { planEngines } from './engines/plan.ts'
import { probeEngine } from './engines/probe.ts'
import { assertQueuesFit, orderedQueues } from './ordered-queues.ts'
import { openSpeechIndex, type SpeechIndex } from './speech-index.ts'
import { createStorage } from './storage/index.ts'
import type { Storage } from './storage/storage.ts'

export interface RunningParts {
  readonly app: Celery
  readonly index: Pick<SpeechIndex, 'check'>
  readonly storage: Pick<Storage, 'check'>
}

const REMEDIES = {
  broker: 'Start the broker, or correct CELERY_BROKER_URL; with a queue that does not fit, do as it says.',
  results: 'Start the result backend, or correct CELERY_RESULT_BACKEND.',
  index: 'Start what keeps the index, or correct VOICE_POCKET_INDEX.',
  storage: 'Mend the folder or the bucket as it says, or correct VOICE_POCKET_STORAGE; see docs/storage.md.',
  worker: "Start one with 'voice-pocket worker', on the same broker.",
  engine: 'Install what the engine needs, or correct VOICE_POCKET_ENGINES or VOICE_POCKET_ENGINE_SETTINGS.',
}

/** Of a running service, through its own connections. */
export function readinessChecks({ app, index, storage }: RunningParts): Check[] {
  return [
    {
      name: 'broker',
      remedy: REMEDIES.broker,
      async run() {
        // Opening a channel asks the broker, which a connection that only looks alive cannot answer.
        const channel = await app.connection.channel()
        await channel.close()
        await assertQueuesFit(app.connection, app.amqp.queues.configured)
        return app.connection.asUri()
      },
    },
    {
      name: 'results',
      remedy: REMEDIES.results,
      async run() {
        const backend = await app.backend()
        await backend.getTaskMeta(randomUUID())
        return backend.url
      },
    },
    { name: 'index', remedy: REMEDIES.index, run: () => index.check().then(() => 'written and taken back') },
    {
      name: 'storage',
      remedy: REMEDIES.storage,
      run: () => storage.check().then(() => 'written and taken back'),
    },
    { name: 'worker', remedy: REMEDIES.worker, run: () => findWorker(app) },
  ]
}

/** Tries each part the way the service will use it, and leaves nothing behind. */
export function examine(config: Config): Promise<CheckResult[]> {
  return runChecks(
    [
      { name: 'broker', remedy: REMEDIES.broker, run: (signal) => sendAndReceive(config, signal) },
      { name: 'results', remedy: REMEDIES.results, run: () => storeAndRead(config) },
      { name: 'index', remedy: REMEDIES.index, run: () => claimAndRelease(config) },
      { name: 'storage', remedy: REMEDIES.storage, run: () => writeAndDelete(config) },
      ...planEngines(config).map(({ name }) => ({
        name: `engine ${name}`,
        remedy: REMEDIES.engine,
        run: () => sayAWord(name, config),
      })),
    ],
    EXAMINATION_TIMEOUT_MS,
  )
}

/** The first word of an engine takes longest: it loads. */
const EXAMINATION_TIMEOUT_MS = 15_000
const CONNECT_TIMEOUT_MS = 5_000

async function findWorker(app: Celery): Promise<string> {
  const replies = await app.control.ping({ timeout: 2, limit: 1 })
  const [name] = replies.flatMap((reply) => Object.keys(reply))
  if (name === undefined) throw new Error('no worker answers')
  return `${name} answers`
}

async function sendAndReceive(config: Config, signal: AbortSignal): Promise<string> {
  const urls = config.brokerUrl.split(';')
  await using connection = new Connection(urls, { connectTimeoutMs: CONNECT_TIMEOUT_MS })
  const channel = await connection.channel()
  const queue = new Queue(`voice-pocket-doctor-${randomUUID()}`, {
    durable: false,
    autoDelete: true,
    expires: 60,
  })
  await queue.declare(channel)
  await using producer = new Producer(connection)
  await producer.publish({ hello: true }, { routingKey: queue.name, retry: false, signal })
  const message = await queue.get(channel)
  await message?.ack()
  await queue.delete(channel)
  if (!message) throw new Error('a message was sent and did not arrive')
  await assertQueuesFit(connection, orderedQueues(config))
  return `${connection.asUri()}: a message was sent and received`
}

async function storeAndRead(config: Config): Promise<string> {
  await using app = createApp(config).configFromObject({
    resultBackendTransportOptions: { retryDeadlineMs: CONNECT_TIMEOUT_MS },
  })
  const backend = await app.backend()
  const taskId = `voice-pocket-doctor-${randomUUID()}`
  await backend.storeResult(taskId, 'hello', 'SUCCESS')
  const { result } = await backend.getTaskMeta(taskId)
  await backend.forget(taskId)
  if (result !== 'hello')
    throw new Error(`a result was stored as "hello" and read as ${JSON.stringify(result)}`)
  return `${backend.url}: a result was stored and read`
}

async function claimAndRelease({ index: url, resultExpires: expires }: Config): Promise<string> {
  await using index = await openSpeechIndex(url, { expires, onConnectionError: () => {} })
  await index.check()
  return `${maskUrl(url)}: written and taken back`
}

async function writeAndDelete({ storage: url }: Config): Promise<string> {
  const storage = await createStorage(url)
  await storage.check()
  return `${url}: a file was written and deleted`
}

async function sayAWord(name: string, config: Config): Promise<string> {
  const {
    available,
    reason,
    seconds = 0,
  } = await probeEngine(name, config, {
    say: true,
    timeoutMs: EXAMINATION_TIMEOUT_MS,
  })
  if (!available) throw new Error(reason)
  return `a short sentence takes ${seconds.toFixed(2)} s`
}
