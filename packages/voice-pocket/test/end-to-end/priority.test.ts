/** What is spoken before what, over each broker: counted by what a worker takes, and not by time. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { serviceUrl } from '../service-url.ts'
import { openQueueBench, type Taken } from './queue-bench.ts'

/** Parts begin small: these are five of them, of which the worker takes the first with the request. */
const BOOK = 'Yes. '.repeat(60)
const SENTENCE = 'Hello.'

const brokers = { sqlite: 'sqlite', redis: serviceUrl('REDIS_URL'), amqp: serviceUrl('AMQP_URL') }

for (const [broker, url] of Object.entries(brokers)) {
  const skip = url === undefined && 'npm test starts RabbitMQ and Redis'
  suite(`a worker that speaks one text at a time, over ${broker}`, { skip, timeout: 120_000 }, () => {
    const cleanUp = new AsyncDisposableStack()
    let bench: Awaited<ReturnType<typeof openQueueBench>>
    before(async () => {
      bench = await openQueueBench(cleanUp, String(url))
    })
    after(() => cleanUp.disposeAsync())

    test('begins what is more urgent first, and goes on with it', async () => {
      const { ask, startWorker, taken, until } = bench
      await ask('book', BOOK)
      await ask('unimportant', SENTENCE, 0)
      await ask('urgent book', BOOK, 9)
      await ask('sentence', SENTENCE)
      await startWorker()
      await until(() => named(taken, 'join_speech').includes('book'))

      assert.deepEqual(named(taken, 'text_to_speech'), ['urgent book', 'book', 'sentence', 'unimportant'])
      const parts = named(taken, 'speak_part')
      const half = parts.length / 2
      assert.ok(half >= 4, `a book has many parts: ${parts}`)
      assert.deepEqual(parts, [...repeat('urgent book', half), ...repeat('book', half)])
      assert.deepEqual(named(taken, 'join_speech'), ['urgent book', 'book'])
    })

    test('takes turns among equals: a sentence behind four books does not wait for them', async () => {
      const { ask, taken, until } = bench
      const begin = taken.length
      for (const book of ['a', 'b', 'c', 'd']) await ask(book, BOOK)
      await until(() => named(taken.slice(begin), 'text_to_speech').length === 4)
      const behind = taken.length
      await ask('late sentence', SENTENCE)
      await until(() => named(taken, 'join_speech').includes('d'))

      const later = taken.slice(behind)
      const at = later.findIndex(({ request }) => request === 'late sentence')
      const [waitedFor, overtaken] = [later.slice(0, at), later.slice(at)].map(
        (each) => named(each, 'speak_part').length,
      )
      // RabbitMQ draws lots between queues: of the dozen parts that wait it could draw each one first.
      assert.ok(
        broker === 'amqp' ? Number(overtaken) > 0 : Number(waitedFor) <= 1,
        `${waitedFor} before, ${overtaken} after it`,
      )
      assert.ok(Number(waitedFor) + Number(overtaken) > 8, 'there was much to wait for')
    })
  })
}

const named = (taken: readonly Taken[], task: string) =>
  taken.filter((each) => each.task === task).map(({ request }) => request)

const repeat = (request: string, times: number) => Array.from({ length: times }, () => request)
