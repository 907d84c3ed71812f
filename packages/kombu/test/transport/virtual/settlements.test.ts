import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Channel } from '../../../src/transport/base.ts'
import { transport as memory } from '../../../src/transport/memory.ts'
import { VirtualConnection } from '../../../src/transport/virtual/connection.ts'
import { endOfTurn } from '../../../src/transport/virtual/linger.ts'
import { parseUrl } from '../../../src/url.ts'
import { options, payload } from './connecting.ts'

/** A consumer with a prefetch count of eight, on a queue with more than that, and what is asked of the store from now on. */
async function consuming(t: TestContext, messages: number) {
  const url = parseUrl(`memory://settlements-${t.name}`)
  const connection = await memory.connect(url, options, new AbortController().signal)
  assert.ok(connection instanceof VirtualConnection)
  t.after(() => connection.close())
  const channel = await connection.channel()
  await channel.queueDeclare('q', {})
  const target = { exchange: '', routingKey: 'q' }
  await Promise.all(Array.from({ length: messages }, () => channel.basicPublish(payload, target)))
  await channel.basicQos(8)
  const tags = await delivered(channel, Math.min(messages, 8))
  for (let turn = 0; turn < 3; turn += 1) await endOfTurn() // then the delivery loop sleeps
  const calls: string[] = []
  const { store } = connection
  const [settle, claim] = [store.settle.bind(store), store.claim.bind(store)]
  store.settle = (settled, outcome) => {
    calls.push(`${outcome} ${settled.length}`)
    return settle(settled, outcome)
  }
  store.claim = (queues, limit) => {
    calls.push(`claim ${limit}`)
    return claim(queues, limit)
  }
  return { channel, tags, calls }
}

/** The first ones; later ones stay unsettled. */
function delivered(channel: Channel, count: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const tags: string[] = []
    const onDelivery = ({ deliveryTag }: { readonly deliveryTag: string }) => {
      if (tags.push(deliveryTag) === count) resolve(tags)
    }
    channel.basicConsume('q', { onDelivery }).catch(reject)
  })
}

test('settlements wait for each other while most of the prefetch count is unsettled, and the next claim goes with them', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { channel, tags, calls } = await consuming(t, 20)
  const lingering = tags.slice(0, 3).map((tag) => channel.basicAck(tag))
  await endOfTurn()
  assert.deepEqual(calls, [])
  await Promise.all([...lingering, channel.basicAck(String(tags[3]))])
  await endOfTurn()
  assert.deepEqual(calls.slice(0, 2), ['ack 4', 'claim 4'])
})

test('no settlement waits for others longer than a moment, and none that gives a message back', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { channel, tags, calls } = await consuming(t, 20)
  const acknowledged = channel.basicAck(String(tags[0]))
  t.mock.timers.tick(1)
  await acknowledged
  await channel.basicReject(String(tags[1]), { requeue: true })
  assert.deepEqual(
    calls.filter((call) => !call.startsWith('claim')),
    ['ack 1', 'requeue 1'],
  )
})

test('where the queue had less than there was room for, a settlement is no reason to look', async (t) => {
  const { channel, tags, calls } = await consuming(t, 5)
  await Promise.all(tags.map((tag) => channel.basicAck(tag)))
  await endOfTurn()
  assert.deepEqual(calls, ['ack 5'])
})
