/** The service as a company has it: RabbitMQ, Redis, workers as separate programs, and callers in other languages. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createClient } from '@redis/client'
import { type Channel, Connection, Consumer, Exchange, Queue } from '@voice-pocket/kombu'
import { taskIdFor } from '../../src/uuid.ts'
import { pythonPath, serviceUrl } from '../service-url.ts'
import { REPOSITORY } from './program.ts'
import { takeTurns } from './turn.ts'
import { Workspace } from './workspace.ts'

const amqpUrl = serviceUrl('AMQP_URL')
const redisUrl = serviceUrl('REDIS_URL')
const python = pythonPath()
const skip =
  !(amqpUrl && redisUrl && python) && 'npm test starts RabbitMQ and Redis and makes the Python environment'

if (amqpUrl) takeTurns(amqpUrl)

/** A test that waits for what never comes ends then. */
const TIMEOUT_MS = 180_000
const MESSAGES = 1_000
/** By then both workers are at work, and most is still to do. */
const KILL_AFTER = 200

interface Notice {
  readonly uuid: string
  readonly state: string
  readonly task_id: string
  readonly key: string
}

const missing = (wanted: readonly string[], found: Iterable<string>) => [
  ...new Set(wanted).difference(new Set(found)),
]

/** Everything that is told on the output exchange, by uuid. */
async function listen(channel: Channel, onNotice: (notices: ReadonlyMap<string, Notice>) => void) {
  const notices = new Map<string, Notice>()
  const queue = new Queue(`test.${randomUUID()}`, {
    exchange: new Exchange('output.exchange', { type: 'direct' }),
    routingKey: 'output.key',
    exclusive: true,
    durable: false,
  })
  const callback = async (body: unknown, message: { ack(): Promise<void> }) => {
    const notice = body as Notice
    notices.set(notice.uuid, notice)
    await message.ack()
    onNotice(notices)
  }
  await new Consumer(channel, { queues: [queue], callbacks: [callback] }).consume()
  return notices
}

test('two workers, a thousand messages from Python, one worker killed: a thousand of everything', {
  skip,
  timeout: TIMEOUT_MS,
}, async (t) => {
  await using connection = new Connection(String(amqpUrl))
  const workspace = await Workspace.open(t)
  const redis = await createClient({ url: String(redisUrl) }).connect()
  t.after(() => redis.destroy())
  const env = {
    CELERY_BROKER_URL: String(amqpUrl),
    CELERY_RESULT_BACKEND: String(redisUrl),
    VOICE_POCKET_CONCURRENCY: '2',
  }
  const workers = [workspace.voicePocket(['worker'], env), workspace.voicePocket(['worker'], env)]
  const [survivor, victim] = workers
  for (const worker of workers) await worker.says(/takes messages from input\.queue/)

  const halfWay = Promise.withResolvers<void>()
  const complete = Promise.withResolvers<void>()
  const notices = await listen(await connection.channel(), ({ size }) => {
    if (size >= KILL_AFTER) halfWay.resolve()
    if (size >= MESSAGES) complete.resolve()
  })
  const sender = workspace.start(
    [
      String(python),
      join(REPOSITORY, 'examples/python/send_pika.py'),
      '안녕하세요.',
      '--count',
      String(MESSAGES),
    ],
    { env: { AMQP_URL: String(amqpUrl) } },
  )
  const sent = sender.exited.then((code) => assert.equal(code, 0, sender.output))
  await Promise.race([halfWay.promise, sent.then(() => halfWay.promise)])
  await victim?.stop('SIGKILL')
  await sent
  await Promise.race([
    complete.promise,
    survivor?.exited.then((code) => assert.fail(`the survivor ended: ${code}`)),
  ])

  const uuids = sender.lines.filter((line) => /^[0-9a-f-]{36}$/.test(line))
  assert.equal(uuids.length, MESSAGES)
  assert.deepEqual(missing(uuids, notices.keys()), [])
  assert.ok([...notices.values()].every(({ state }) => state === 'SUCCESS'))
  const files = await readdir(join(workspace.folder, 'data/speech/reader@example.com'))
  const spoken = files.filter((name) => name.endsWith('.wav')).map((name) => name.slice(0, -'.wav'.length))
  assert.deepEqual(missing(uuids, spoken), [])
  assert.equal(spoken.length, MESSAGES)
  const entries = await redis.mGet(uuids)
  assert.deepEqual(
    entries,
    uuids.map((uuid) => JSON.stringify({ task_id: taskIdFor(uuid) })),
    'the key in Redis is the uuid itself',
  )
  assert.equal(await survivor?.stop(), 0)
})

test("a task that Python's Celery calls directly is spoken, and Python gets the key", {
  skip,
  timeout: TIMEOUT_MS,
}, async (t) => {
  const workspace = await Workspace.open(t)
  const env = {
    CELERY_BROKER_URL: String(amqpUrl),
    CELERY_RESULT_BACKEND: String(redisUrl),
    VOICE_POCKET_CONCURRENCY: '1',
  }
  const worker = workspace.voicePocket(['worker'], env)
  await worker.says(/takes messages from input\.queue/)
  const client = workspace.start(
    [String(python), join(REPOSITORY, 'examples/python/send_task.py'), 'Hello from Celery.'],
    {
      env: { AMQP_URL: String(amqpUrl), REDIS_URL: String(redisUrl), ...env },
    },
  )
  assert.equal(await client.exited, 0, client.output)
  const [key = ''] = /[^\s/'"]+@[^\s/]+\/[0-9a-f-]{36}\.wav/.exec(client.output) ?? []
  const [folder = '', file = ''] = key.split('/')
  assert.ok((await readdir(join(workspace.folder, 'data/speech', folder))).includes(file), client.output)
})
