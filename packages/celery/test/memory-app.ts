import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { type Message, Queue } from '@voice-pocket/kombu'
import { Celery, type LooseSettings } from '../src/index.ts'

/** An app with a broker and a result backend of its own in this process, closed when the test ends. */
export function memoryApp(t: TestContext, settings: LooseSettings = {}): Celery {
  const name = randomUUID()
  const app = new Celery('test', {
    brokerUrl: `memory://${name}`,
    resultBackend: `cache+memory://${name}`,
    workerPool: 'async',
    ...settings,
  })
  t.after(() => app.close())
  return app
}

/** The next message of a queue, taken out of it; undefined when it has none. */
export async function takeMessage(app: Celery, queue = 'celery'): Promise<Message | undefined> {
  const channel = await app.connection.channel()
  const entity = new Queue(queue)
  await entity.declare(channel)
  const message = await entity.get(channel)
  await message?.ack()
  await channel.close()
  return message
}

/** How many messages wait in a queue. */
export async function queueSize(app: Celery, queue = 'celery'): Promise<number> {
  const channel = await app.connection.channel()
  const { messageCount } = await new Queue(queue).declare(channel)
  await channel.close()
  return messageCount
}
