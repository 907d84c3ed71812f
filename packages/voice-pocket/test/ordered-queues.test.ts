import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { Connection, Queue } from '@voice-pocket/kombu'
import { loadConfig } from '../src/config.ts'
import { QueueRefusedError } from '../src/exceptions.ts'
import { assertQueuesFit, explainRefusal, orderedQueues } from '../src/ordered-queues.ts'
import { VoicePocket } from '../src/service.ts'
import { serviceUrl } from './service-url.ts'
import { silentLogger } from './silent-logger.ts'
import { temporaryFolder } from './temporary-folder.ts'

const amqp = serviceUrl('AMQP_URL')
const skip = amqp === undefined && 'no AMQP_URL: npm test starts a RabbitMQ'

const ROLES = ['SPEECH', 'PARTS', 'TASK', 'INPUT', 'OUTPUT', 'DEAD']

/** RabbitMQ, where somebody made the queue of requests. */
async function setUp(t: TestContext, { priorities = 'on', maxPriority = 0 } = {}) {
  const names = ROLES.map((role) => [`VOICE_POCKET_${role}_QUEUE`, `test-${randomUUID()}`])
  const [[, speech = ''] = [], [, parts = ''] = []] = names
  const folder = await temporaryFolder(t)
  const config = loadConfig({
    CELERY_BROKER_URL: String(amqp),
    CELERY_RESULT_BACKEND: `sqlite:///${folder}/results.sqlite`,
    VOICE_POCKET_INDEX: `sqlite:///${folder}/index.sqlite`,
    VOICE_POCKET_STORAGE: `file:${folder}/speech`,
    ...Object.fromEntries(names),
    VOICE_POCKET_PRIORITIES: priorities,
  })
  const connection = new Connection(String(amqp))
  const channel = await connection.channel()
  await new Queue(speech, maxPriority === 0 ? {} : { maxPriority }).declare(channel)
  t.after(async () => {
    for (const [, name = ''] of names) await new Queue(name).delete(channel)
    await connection.close()
  })
  const isThere = async (name: string) => {
    await using other = new Connection(String(amqp))
    return new Queue(name).status(await other.channel()).then(
      () => true,
      () => false,
    )
  }
  return {
    config,
    connection,
    speech,
    parts,
    isThere,
    look: () => assertQueuesFit(connection, orderedQueues(config)),
  }
}

test('only RabbitMQ is told that a queue has priorities, and only where that is wanted', () => {
  const argumentsOn = (env: Record<string, string>) =>
    orderedQueues(loadConfig(env)).map(({ queueArguments }) => queueArguments)
  const told = { 'x-max-priority': 9 }
  assert.deepEqual(argumentsOn({ CELERY_BROKER_URL: 'amqp://localhost' }), [told, told])
  assert.deepEqual(argumentsOn({ CELERY_BROKER_URL: 'amqp://localhost', VOICE_POCKET_PRIORITIES: 'off' }), [
    {},
    {},
  ])
  assert.deepEqual(argumentsOn({ CELERY_BROKER_URL: 'redis://localhost' }), [{}, {}])
  assert.deepEqual(argumentsOn({}), [{}, {}])
})

test('a queue from before is named, with what to do', { skip }, async (t) => {
  const { look, speech, parts, isThere } = await setUp(t)
  await assert.rejects(look(), (error) => {
    assert.ok(error instanceof QueueRefusedError)
    assert.match(error.message, new RegExp(`^The queue ${speech} is on the broker without x-max-priority`))
    assert.match(error.message, /Set VOICE_POCKET_PRIORITIES to off/)
    assert.ok(error.message.includes(`rabbitmqctl delete_queue ${speech}`))
    return true
  })
  assert.equal(await isThere(parts), false, 'looking makes no queue')
})

test('one that fits is as it should be', { skip }, async (t) => {
  for (const options of [{ maxPriority: 9 }, { priorities: 'off' }]) await (await setUp(t, options)).look()
})

test('one with another number of priorities can only be deleted or left alone', { skip }, async (t) => {
  const { look } = await setUp(t, { maxPriority: 5 })
  await assert.rejects(
    look(),
    ({ message }) => /with x-max-priority 5/.test(message) && !/PRIORITIES/.test(message),
  )
})

test('one with priorities, where none are wanted, can be used again', { skip }, async (t) => {
  const { look } = await setUp(t, { maxPriority: 9, priorities: 'off' })
  await assert.rejects(look(), /with x-max-priority 9.* Set VOICE_POCKET_PRIORITIES to on /)
})

test('a worker ends at once and says so; who asks for speech hears that it is not their fault', {
  skip,
}, async (t) => {
  const { config } = await setUp(t)
  const pocket = await VoicePocket.open(config, silentLogger)
  t.after(() => pocket.stop())
  const request = {
    type: 'ETL',
    uuid: randomUUID(),
    requestFrom: 'a@example.com',
    requestTo: 'a@example.com',
  } as const
  await assert.rejects(pocket.service.request({ ...request, text: 'Hello.', options: {} }), QueueRefusedError)
  await assert.rejects(pocket.startWorker({ concurrency: 1 }), QueueRefusedError)
})

test('any other refusal stays as it is', () => {
  const error = new Error('the broker is away')
  assert.throws(() => explainRefusal(error), error)
})
