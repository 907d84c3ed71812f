import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection } from '@voice-pocket/kombu'
import { messagePriority, withPropertyOf } from '../src/priority.ts'

const HIGHEST_FIRST = ['amqp://localhost', 'amqps://localhost', 'sqlite:///broker.sqlite', 'memory://']
const LOWEST_FIRST = ['redis://localhost', 'rediss://localhost']

for (const [urls, numbers] of [
  [HIGHEST_FIRST, [0, 4, 5, 9]],
  [LOWEST_FIRST, [9, 5, 4, 0]],
] as const) {
  test(`from the least urgent to the most: ${numbers} on ${urls.join(', ')}`, async () => {
    for (const url of urls) {
      const connection = new Connection(url)
      const given = await Promise.all([0, 4, undefined, 9].map((each) => messagePriority(connection, each)))
      assert.deepEqual(given, numbers, url)
    }
  })
}

const ETL = { type: 'ETL', text: 'Hello.' }
const message = (priority?: number) => ({ properties: priority === undefined ? {} : { priority } })

test('a property of the message counts where the JSON says nothing', async () => {
  const rabbitmq = new Connection('amqp://localhost')
  const read = async (document: object, priority?: number) => {
    const { priority: wanted } = await withPropertyOf(message(priority), { ...document }, rabbitmq)
    return wanted
  }
  assert.equal(await read(ETL, 7), 7)
  assert.equal(await read({ ...ETL, priority: null }, 7), 7)
  assert.equal(await read({ ...ETL, priority: 0 }, 7), 0, 'the JSON has said something')
  assert.equal(await read({ ...ETL, priority: 'high' }, 7), 'high', 'what is wrong is for the schema to say')
  assert.equal(await read(ETL, 255), 9, 'what is more urgent than we know is the most urgent')
  assert.equal(await read(ETL, 0), undefined, 'Spring writes 0 into every message')
  assert.equal(await read(ETL), undefined)
})

test('on Redis it does not, where a low number is urgent and everybody writes 0', async () => {
  const redis = new Connection('redis://localhost')
  assert.deepEqual(await withPropertyOf(message(3), ETL, redis), ETL)
})
