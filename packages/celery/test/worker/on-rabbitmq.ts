import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { Connection, Queue } from '@voice-pocket/kombu'
import { Celery } from '../../src/index.ts'
import type { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'
import { TcpProxy } from '../tcp-proxy.ts'

export const { value: amqpUrl, skip } = serviceFrom('AMQP_URL')

/** An app whose worker reaches RabbitMQ through a proxy, and whose client goes straight to it. */
export async function onRabbitMQ(t: TestContext, settings: Record<string, unknown> = {}) {
  const address = new URL(amqpUrl)
  const proxy = await TcpProxy.to(address.hostname, Number(address.port || 5672))
  const proxied = new URL(amqpUrl)
  proxied.hostname = '127.0.0.1'
  proxied.port = String(proxy.port)
  const name = `test.${randomUUID()}`
  const shared = {
    resultBackend: `cache+memory://${name}`,
    taskDefaultQueue: name,
    workerDeadLetterQueue: `${name}.dead`,
  }
  const make = (brokerUrl: string) =>
    new Celery('test', { workerPool: 'async', brokerUrl, ...shared, ...settings })
  const [app, client] = [make(proxied.href.replace(/\/$/, '')), make(amqpUrl)]
  t.after(async () => {
    await Promise.all([app.close(), client.close()])
    await proxy[Symbol.asyncDispose]()
    await using connection = await new Connection(amqpUrl).connect()
    const channel = await connection.channel()
    for (const queue of [name, `${name}.dead`]) await channel.queueDelete(queue)
    await channel.exchangeDelete(name)
  })
  /** What waits in the queue, once no worker has it. */
  const size = async (queue = name) => {
    const channel = await client.connection.channel()
    const { messageCount } = await new Queue(queue).declare(channel)
    await channel.close()
    return messageCount
  }
  return { app, client, proxy, name, size }
}

/** Cuts the worker off, and resolves when it is back. */
export async function loseConnection(proxy: TcpProxy, { logger }: RunningWorker): Promise<void> {
  proxy.cut()
  await logger.said(/connection to the broker was lost, getting it back/)
  proxy.restore()
  await logger.said(/Connected to/, 2)
}
