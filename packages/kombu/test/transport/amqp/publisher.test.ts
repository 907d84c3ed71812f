import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import type { ConfirmChannel } from 'amqplib'
import { OperationalError, UnroutableError } from '../../../src/index.ts'
import { Publisher } from '../../../src/transport/amqp/publisher.ts'

/** Takes messages as amqplib's channel does, and lets the test play the broker. */
class RecordedChannel extends EventEmitter {
  readonly written: { readonly body: string; readonly confirm: (error: Error | null) => void }[] = []
  hasRoom = true

  publish(...[, , body, , confirm]: Required<Parameters<ConfirmChannel['publish']>>): boolean {
    this.written.push({ body: body.toString(), confirm: (error) => confirm(error, {}) })
    return this.hasRoom
  }

  get bodies(): string[] {
    return this.written.map(({ body }) => body)
  }

  confirm(at: number): void {
    this.written[at]?.confirm(null)
  }

  giveBack(body: string): void {
    this.emit('return', {
      fields: { exchange: '', routingKey: 'q' },
      properties: {},
      content: Buffer.from(body),
    })
  }
}

function setUp() {
  const channel = new RecordedChannel()
  let error: Error | undefined
  const publisher = new Publisher(channel as unknown as ConfirmChannel, () => error)
  const publish = (body: string, mandatory = false) => {
    const payload = { contentType: undefined, contentEncoding: undefined, headers: {}, properties: {} }
    return publisher.publish(
      { ...payload, body: Buffer.from(body) },
      { exchange: '', routingKey: 'q', mandatory },
    )
  }
  const close = () => {
    error = new OperationalError('gone')
    publisher.fail()
  }
  return { channel, publisher, publish, close }
}

test('messages wait while the socket is full, and then go in order', async () => {
  const { channel, publish } = setUp()
  channel.hasRoom = false
  const publishing = [publish('a'), publish('b'), publish('c')]
  assert.deepEqual(channel.bodies, ['a'])
  channel.emit('drain')
  assert.deepEqual(channel.bodies, ['a', 'b'])
  channel.hasRoom = true
  channel.emit('drain')
  assert.deepEqual(channel.bodies, ['a', 'b', 'c'])
  for (const at of [2, 0, 1]) channel.confirm(at)
  await Promise.all(publishing)
})

test('a message that looks like one in flight waits for it, and later ones do not overtake', async () => {
  const { channel, publish } = setUp()
  const first = publish('same', true)
  const second = publish('same', true)
  const third = publish('other', true)
  assert.deepEqual(channel.bodies, ['same'])
  channel.confirm(0)
  await first
  assert.deepEqual(channel.bodies, ['same', 'same', 'other'])
  channel.giveBack('same')
  channel.confirm(1)
  channel.confirm(2)
  await assert.rejects(second, UnroutableError)
  await third
})

test('a return that overtakes confirmations is put down to the right message', async () => {
  const { channel, publish } = setUp()
  const [routed, returned] = [publish('routed', true), publish('returned', true)]
  channel.giveBack('returned')
  channel.confirm(0)
  channel.confirm(1)
  await routed
  await assert.rejects(returned, UnroutableError)
})

test('a closed channel refuses what was written and what was not', async () => {
  const { channel, publisher, publish, close } = setUp()
  channel.hasRoom = false
  const publishing = [publish('written'), publish('waiting')]
  const outcomes = Promise.allSettled(publishing)
  channel.written[0]?.confirm(new Error('channel closed'))
  close()
  await publisher.idle()
  for (const outcome of await outcomes) {
    assert.equal(outcome.status, 'rejected')
    assert.match(String(outcome.reason), /gone/)
  }
  assert.deepEqual(channel.bodies, ['written'])
})
