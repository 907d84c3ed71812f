import { after, before } from 'node:test'
import { Connection, Consumer, type Message, Producer, Queue } from '@voice-pocket/kombu'

/**
 * One RabbitMQ has one `input.queue`, and what other languages send goes there: tests that use it take turns.
 * Those of the file or suite that calls this wait for theirs before the first of them begins.
 */
export function takeTurns(amqpUrl: string): void {
  let turn: AsyncDisposable
  before(async () => {
    turn = await nextTurn(amqpUrl)
  })
  after(() => turn[Symbol.asyncDispose]())
}

/**
 * Everybody brings a token, and RabbitMQ hands out tokens to one consumer at a time, the next when that one is
 * gone, however it went.
 */
async function nextTurn(amqpUrl: string): Promise<AsyncDisposable> {
  const connection = new Connection(amqpUrl)
  const queue = new Queue('test.turns', {
    queueArguments: { 'x-single-active-consumer': true },
    expires: 3_600,
  })
  const token = Promise.withResolvers<Message>()
  await new Producer(connection).publish('token', { routingKey: queue.name, declare: [queue] })
  const consumer = new Consumer(await connection.channel(), {
    queues: [queue],
    prefetchCount: 1,
    onMessage: token.resolve,
  })
  await consumer.consume()
  const message = await token.promise
  return {
    async [Symbol.asyncDispose]() {
      await message.ack()
      await connection.close()
    },
  }
}
