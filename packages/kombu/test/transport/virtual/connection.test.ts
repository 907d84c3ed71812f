import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OperationalError } from '../../../src/exceptions.ts'
import type { Channel, TransportConnection } from '../../../src/transport/base.ts'
import { transport as memory } from '../../../src/transport/memory.ts'
import { VirtualConnection } from '../../../src/transport/virtual/connection.ts'
import { endOfTurn } from '../../../src/transport/virtual/linger.ts'
import { parseUrl } from '../../../src/url.ts'
import { options, payload } from './connecting.ts'

function connect(name: string): Promise<TransportConnection> {
  return memory.connect(parseUrl(`memory://${name}`), options, new AbortController().signal)
}

async function declared(channel: Channel, queue: string, args: Record<string, unknown> = {}): Promise<void> {
  await channel.queueDeclare(queue, { arguments: args })
}

test('a store that fails is a lost connection, and what it held goes back', async () => {
  const connection = await connect('failing')
  assert.ok(connection instanceof VirtualConnection)
  const channel = await connection.channel()
  await declared(channel, 'q')
  await channel.basicPublish(payload, { exchange: '', routingKey: 'q' })
  const { promise: delivered, resolve } = Promise.withResolvers<unknown>()
  await channel.basicConsume('q', { onDelivery: resolve })
  await delivered
  connection.store.put = async () => Promise.reject(new Error('disk full'))
  const failure = channel.basicPublish(payload, { exchange: '', routingKey: 'q' })
  await assert.rejects(
    failure,
    (error) => error instanceof OperationalError && /disk full/.test(error.message),
  )
  assert.match(String(await connection.closed), /the store failed: disk full/)
  assert.ok((await channel.closed) instanceof OperationalError)
  await assert.rejects(connection.channel(), OperationalError)
  await connection.close()
  const other = await connect('failing')
  const again = await (await other.channel()).basicGet('q')
  assert.equal(again?.redelivered, true)
  await other.close()
})

test('a delivery loop whose store fails ends the connection, too', async () => {
  const connection = await connect('failing-claim')
  assert.ok(connection instanceof VirtualConnection)
  const channel = await connection.channel()
  await declared(channel, 'q')
  connection.store.claim = async () => Promise.reject(new OperationalError('file is gone'))
  await channel.basicConsume('q', { onDelivery: () => undefined })
  assert.match(String(await channel.closed), /file is gone/)
})

test('an unused queue expires; use puts it off', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] })
  const connection = await connect('expiring')
  const channel = await connection.channel()
  await declared(channel, 'q', { 'x-expires': 1_000 })
  t.mock.timers.tick(900)
  assert.equal(await channel.basicGet('q'), undefined)
  t.mock.timers.tick(900)
  const consumerTag = await channel.basicConsume('q', { onDelivery: () => undefined })
  t.mock.timers.tick(5_000)
  assert.equal((await channel.queueDeclare('q', { passive: true })).consumerCount, 1)
  await channel.basicCancel(consumerTag)
  t.mock.timers.tick(1_000)
  await endOfTurn()
  await assert.rejects(channel.basicGet('q'), /no queue "q"/)
  await connection.close()
})

for (const [how, end] of [
  ['last binding', (channel: Channel) => channel.queueUnbind('q', 'e', 'b')],
  ['last queue', (channel: Channel) => channel.queueDelete('q')],
] as const) {
  test(`an auto-delete exchange goes away with its ${how}`, async () => {
    const connection = await connect(`auto-delete ${how}`)
    const channel = await connection.channel()
    await channel.exchangeDeclare('e', { type: 'direct', autoDelete: true })
    await declared(channel, 'q')
    await channel.queueBind('q', 'e', 'a')
    await channel.queueBind('q', 'e', 'b')
    await channel.queueUnbind('q', 'e', 'a')
    await channel.exchangeDeclare('e', { type: 'direct', passive: true })
    await end(channel)
    await assert.rejects(channel.exchangeDeclare('e', { type: 'direct', passive: true }), /no exchange "e"/)
    await connection.close()
  })
}
