/** What is spoken before what, over each broker: counted by what the worker takes, and not by time. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { serviceUrl } from '../service-url.ts'
import { openQueueBench, type Taken } from './queue-bench.ts'

const SENTENCE = 'The quick brown fox jumps over the lazy dog, and nobody knows why it does. '
const BOOK = SENTENCE.repeat(80)
const BOOKS = ['a', 'b', 'c', 'd']

/**
 * How many parts of books a sentence may wait for while a worker speaks them one at a time. Two of ours turn by turn;
 * RabbitMQ draws lots between two queues, and the same one so often in a row once in ten thousand times.
 */
const MOST_PARTS = { sqlite: 1, redis: 1, amqp: 13 }

const brokers = {
  sqlite: 'sqlite',
  redis: serviceUrl('REDIS_URL'),
  amqp: serviceUrl('AMQP_URL'),
}

const partsOf = (taken: readonly Taken[]) => taken.filter(({ task }) => task === 'speak_part')
const count = (taken: readonly Taken[], request: string) =>
  partsOf(taken).filter((each) => each.request === request).length

for (const [broker, url] of Object.entries(brokers)) {
  const skip = url === undefined && 'npm test starts RabbitMQ and Redis'
  suite(`requests over ${broker}`, { skip, timeout: 120_000 }, () => {
    test('the more urgent is begun first, and so are its parts', async (t) => {
      const { ask, startWorker, taken, until } = await openQueueBench(t, String(url))
      await ask('book', BOOK)
      await ask('unimportant', SENTENCE, 0)
      await ask('urgent book', BOOK, 9)
      await ask('sentence', SENTENCE)
      await startWorker()
      await until(() => taken.some(({ task, request }) => task === 'join_speech' && request === 'book'))

      const requests = taken.filter(({ task }) => task === 'text_to_speech').map(({ request }) => request)
      assert.deepEqual(requests, ['urgent book', 'book', 'sentence', 'unimportant'])
      const parts = partsOf(taken).map(({ request }) => request)
      const urgent = parts.lastIndexOf('urgent book') + 1
      assert.ok(urgent > 4, `a book has many parts: ${parts}`)
      assert.deepEqual(new Set(parts.slice(0, urgent)), new Set(['urgent book']))
      const ends = taken.filter(({ task }) => task === 'join_speech').map(({ request }) => request)
      assert.deepEqual(ends, ['urgent book', 'book'])
    })

    test('equals take turns, and a sentence behind four books does not wait for them', async (t) => {
      const { ask, startWorker, taken, until } = await openQueueBench(t, String(url))
      for (const book of BOOKS) await ask(book, BOOK.repeat(3))
      await startWorker()
      await until(() => BOOKS.every((book) => count(taken, book) > 0))
      const before = taken.length
      await ask('sentence', SENTENCE)
      await until(() => taken.at(-1)?.request === 'sentence')
      const waited = partsOf(taken.slice(before)).length
      assert.ok(waited <= MOST_PARTS[broker as keyof typeof MOST_PARTS], `it waited for ${waited} parts`)
      assert.ok(!taken.some(({ task }) => task === 'join_speech'), 'no book has ended')
    })
  })
}
