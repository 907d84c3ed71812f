/** A worker in a process of its own: consumes the queue of the URL, tells what it got, and settles nothing. */
import { Connection, Consumer, Queue } from '../../../src/index.ts'

const connection = new Connection(String(process.argv[2]))
const consumer = new Consumer(await connection.channel(), {
  queues: [new Queue('work')],
  prefetchCount: 5,
  onMessage: (message) => {
    process.send?.({ body: message.payload, redelivered: message.deliveryInfo.redelivered })
  },
})
await consumer.consume()
