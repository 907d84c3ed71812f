import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Celery, InvalidTaskError, type SignalledTask } from '@voice-pocket/celery'
import { DecodeError, Producer } from '@voice-pocket/kombu'
import { StorageError } from '../src/exceptions.ts'
import { outputMessageSchema } from '../src/messages.ts'
import { Notices, queueOf } from '../src/notices.ts'
import { tellHowTasksEnd } from '../src/outcomes.ts'
import { JOIN_SPEECH, SPEAK_PART, TEXT_TO_SPEECH } from '../src/speech-task.ts'
import { PARTS_SPOKEN_HERE } from '../src/tasks/long-speech.ts'
import { silentLogger } from './silent-logger.ts'

const ROUTE = { exchange: 'output.exchange', queue: 'output.queue', key: 'output.key' }
const UUID = '2f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a10'

function task(read: SignalledTask['arguments'], name = TEXT_TO_SPEECH): SignalledTask {
  return { id: 'a', name, hostname: 'celery@here', arguments: read }
}

/** Ends the task as a failure; what the logger hears of it, and what lies on the output queue then. */
async function fail(name: string, failed: SignalledTask, deletion?: Error) {
  await using app = new Celery('outcomes', { broker: `memory://${name}`, backend: 'memory' })
  const output = queueOf(ROUTE)
  await output.declare(await app.connection.defaultChannel())
  const notices = new Notices(new Producer(app.connection), ROUTE)
  const discarded: unknown[] = []
  const discardParts = async (whole: unknown) => {
    discarded.push(whole)
    if (deletion) throw deletion
  }
  tellHowTasksEnd(app, { notices, urlOf: (key) => `file:///${key}`, discardParts })
  const logged: unknown[] = []
  const logger = { ...silentLogger, error: (...line: unknown[]) => logged.push(line) }
  await app.signals.taskFailure.send({ task: failed, exception: new Error('no voice') }, logger)
  const message = await output.get(await app.connection.defaultChannel(), { noAck: true })
  return { logged, discarded, notice: message && outputMessageSchema.parse(message.payload) }
}

test('whoever asked is told that it failed, and what was spoken of it is deleted', async (t) => {
  const kwargs = { uuid: UUID, email: 'minji@example.com', text: 'Hello.' }
  const { notice, discarded } = await fail(
    t.name,
    task(() => ({ args: [], kwargs })),
  )
  assert.equal(notice?.uuid, UUID)
  assert.equal(notice?.error?.detail, 'no voice')
  assert.deepEqual(discarded, [{ key: `minji@example.com/${UUID}.wav`, parts: PARTS_SPOKEN_HERE }])
})

test('a storage that is away keeps nobody from being told', async (t) => {
  const kwargs = { uuid: UUID, email: 'minji@example.com', text: 'Hello.' }
  const failed = task(() => ({ args: [], kwargs }))
  const { notice, logged } = await fail(t.name, failed, new StorageError('away'))
  assert.equal(notice?.error?.detail, 'no voice')
  assert.deepEqual(logged, [])
})

for (const name of [SPEAK_PART, JOIN_SPEECH]) {
  test(`a long speech that is lost with its ${name} is told of under its own id, and its parts are deleted`, async (t) => {
    const whole = {
      uuid: UUID,
      email: 'minji@example.com',
      requestFrom: 'jisu@example.com',
      taskId: 'the whole',
      key: `minji@example.com/${UUID}.wav`,
      parts: 2,
      sentences: 9,
    }
    const { notice, discarded } = await fail(
      t.name,
      task(() => ({ args: [whole], kwargs: {} }), name),
    )
    assert.deepEqual(discarded, [whole])
    assert.deepEqual(
      [notice?.uuid, notice?.requestFrom, notice?.task_id],
      [UUID, 'jisu@example.com', 'the whole'],
    )
  })
}

for (const error of [new InvalidTaskError('no list'), new DecodeError('no JSON')]) {
  test(`a message that cannot be read (${error.constructor.name}) is told to nobody, and is no error of its own`, async (t) => {
    const unreadable = task(() => {
      throw error
    })
    assert.deepEqual(await fail(t.name, unreadable), { logged: [], discarded: [], notice: undefined })
  })
}
