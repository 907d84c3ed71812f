/** A worker in a process of its own: tells of each message, and acknowledges it when that has been heard. */
import { Connection, Consumer, Queue } from '../../../src/index.ts'

const [url = '', transportOptions = '{}'] = process.argv.slice(2)
const connection = new Connection(url, { transportOptions: JSON.parse(transportOptions) })

function tell(value: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(value, (error: Error | null) => (error ? reject(error) : resolve()))
  })
}

const consumer = new Consumer(await connection.channel(), {
  queues: [new Queue('work')],
  prefetchCount: 20,
  onMessage: async (message) => {
    await tell(message.payload)
    await message.ack()
  },
})
await consumer.consume()
