/** The smallest program, run as its first lines say: by the `celery` command, with somebody who sends plain JSON. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Celery } from '@voice-pocket/celery'
import { Connection, Exchange, Producer, Queue } from '@voice-pocket/kombu'
import { type Program, REPOSITORY } from '../packages/voice-pocket/test/end-to-end/program.ts'
import { takeTurns } from '../packages/voice-pocket/test/end-to-end/turn.ts'
import { Workspace } from '../packages/voice-pocket/test/end-to-end/workspace.ts'
import { serviceUrl } from '../packages/voice-pocket/test/service-url.ts'

const PROGRAM = fileURLToPath(new URL('./consumer-step.ts', import.meta.url))
const CELERY = `${REPOSITORY}/packages/celery/src/bin/celery.ts`
const COMMAND = [process.execPath, CELERY, '-A', PROGRAM, 'worker', '-P', 'async', '-l', 'info'] as const
const TIMEOUT_MS = 60_000

const exchange = new Exchange('input.exchange', { type: 'direct' })
const inputQueue = new Queue('input.queue', { exchange, routingKey: 'input.key' })

const amqpUrl = serviceUrl('AMQP_URL')
const redisUrl = serviceUrl('REDIS_URL')

/** Sends a message nobody can handle and then one for the task, and sees what becomes of both. */
async function tryOut(worker: Program, urls: { broker: string; backend: string }): Promise<void> {
  await worker.says(/ ready\./)
  await using connection = new Connection(urls.broker)
  const producer = new Producer(connection, { exchange, routingKey: 'input.key' })
  const uuid = randomUUID()
  const request = { uuid, email: 'minji@example.com', text: '안녕하세요.' }
  await producer.publish({ ...request, type: 'FAX' }, { declare: [inputQueue] })
  await producer.publish(null)
  await producer.publish({ ...request, type: 'ETL' })

  await worker.says(
    /goes to the dead letters: unknown_type: type: .*FAX.* has no handler here; did you mean ETL\?/,
  )
  await worker.says(/goes to the dead letters: not_an_object: The JSON is null/)
  await worker.says(/minji@example\.com says: 안녕하세요\./)
  const [, taskId = ''] = await worker.says(/text_to_speech\[(.+)\] succeeded/)
  await using app = new Celery('reader', { resultBackend: urls.backend })
  assert.equal(await app.asyncResult(taskId).get({ timeout: 30 }), `minji@example.com/${uuid}.wav`)

  assert.equal(await worker.stop(), 0)
  const { messageCount } = await inputQueue.status(await connection.channel())
  assert.equal(messageCount, 0, 'what the worker had not settled would be in the queue again')
}

test('a plain message becomes a task with nothing installed', { timeout: TIMEOUT_MS }, async (t) => {
  const workspace = await Workspace.open(t)
  const worker = workspace.start(COMMAND)
  // Where the program keeps its data when nobody says otherwise.
  const data = `sqlite:///${workspace.folder}/data`
  await tryOut(worker, { broker: `${data}/etl-broker.sqlite`, backend: `${data}/etl-results.sqlite` })
})

suite('on RabbitMQ and Redis', { skip: !(amqpUrl && redisUrl) && 'npm test starts them' }, () => {
  takeTurns(String(amqpUrl))

  test('a plain message becomes a task', { timeout: TIMEOUT_MS }, async (t) => {
    const urls = { broker: String(amqpUrl), backend: String(redisUrl) }
    const workspace = await Workspace.open(t)
    const env = { CELERY_BROKER_URL: urls.broker, CELERY_RESULT_BACKEND: urls.backend }
    await tryOut(workspace.start(COMMAND, { env }), urls)
  })
})

test('the program stays small', async () => {
  const lines = (await readFile(PROGRAM, 'utf8')).trimEnd().split('\n')
  assert.ok(lines.length <= 60, `${lines.length} lines`)
})
