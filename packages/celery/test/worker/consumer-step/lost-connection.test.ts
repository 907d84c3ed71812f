/** A step on RabbitMQ, whose connection is cut while a handler runs that never ends. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { it, type TestContext } from 'node:test'
import { Connection, Producer, Queue } from '@voice-pocket/kombu'
import { z } from 'zod'
import { Celery, type MessageContext, messageStep } from '../../../src/index.ts'
import { RunningWorker } from '../../running-worker.ts'
import { serviceFrom } from '../../service.ts'
import { TcpProxy } from '../../tcp-proxy.ts'

const { value: amqpUrl, skip } = serviceFrom('AMQP_URL')

async function onRabbitMQ(t: TestContext, handle: (context: MessageContext) => unknown) {
  const address = new URL(amqpUrl)
  const proxy = await TcpProxy.to(address.hostname, Number(address.port || 5672))
  const proxied = new URL(amqpUrl)
  proxied.hostname = '127.0.0.1'
  proxied.port = String(proxy.port)
  const name = `step-${randomUUID()}`
  const app = new Celery('test', {
    brokerUrl: proxied.href.replace(/\/$/, ''),
    resultBackend: `cache+memory://${name}`,
    workerPool: 'async',
    workerEnableRemoteControl: false,
    taskDefaultQueue: `${name}.tasks`,
  })
  const handler = { schema: z.object({}), handle: (_: object, context: MessageContext) => handle(context) }
  app.steps.consumer.add(messageStep({ name: 'Endless', queues: [name], messages: { endless: handler } }))
  const connection = await new Connection(amqpUrl).connect()
  const channel = await connection.channel()
  t.after(async () => {
    await app.close()
    await proxy[Symbol.asyncDispose]()
    for (const queue of [name, `${name}.tasks`]) await channel.queueDelete(queue)
    await channel.exchangeDelete(`${name}.tasks`)
    await connection.close()
  })
  const queue = new Queue(name)
  const send = (body: object) =>
    new Producer(connection).publish(body, { routingKey: name, declare: [queue] })
  const waiting = async () => (await queue.status(channel)).messageCount
  return { app, proxy, send, waiting }
}

it('a handler that never ends keeps nobody from the broker: its message is handled again', {
  skip,
  timeout: 60_000,
}, async (t) => {
  const begun = Promise.withResolvers<AbortSignal>()
  const again = Promise.withResolvers<void>()
  const { app, proxy, send, waiting } = await onRabbitMQ(t, ({ message, signal }) => {
    if (message.deliveryInfo.redelivered) return again.resolve()
    begun.resolve(signal)
    return new Promise(() => {})
  })
  await using running = await RunningWorker.start(app)
  await send({ type: 'endless' })
  const signal = await begun.promise
  proxy.cut()
  await running.logger.said(/connection to the broker was lost, getting it back/)
  assert.equal(signal.aborted, true)
  proxy.restore()
  await again.promise
  await running.worker.stop()
  assert.equal(await waiting(), 0)
})
