/**
 * The smallest whole program: a server in any language publishes {"type":"ETL","uuid":…,"email":…,"text":…} to
 * `input.exchange`; this worker takes it with a step of its own, checks it against the schema of its type, and calls a
 * task. What is wrong with a message stands in `celery dead-letters list`.
 * Run it with `celery -A examples/consumer-step.ts worker -P async`.
 */
import { Celery, messageStep } from '@voice-pocket/celery'
import { Exchange, Queue } from '@voice-pocket/kombu'
import { z } from 'zod'

export const app = new Celery('etl', {
  brokerUrl: process.env.CELERY_BROKER_URL ?? 'sqlite:///data/etl-broker.sqlite',
  resultBackend: process.env.CELERY_RESULT_BACKEND ?? 'sqlite:///data/etl-results.sqlite',
})

export const textToSpeech = app.task('text_to_speech', (uuid: string, email: string, text: string) => {
  console.log(`${email} says: ${text}`)
  return `${email}/${uuid}.wav`
})

const inputQueue = new Queue('input.queue', {
  exchange: new Exchange('input.exchange', { type: 'direct' }),
  routingKey: 'input.key',
})

const InputMessageConsumerStep = messageStep({
  name: 'InputMessageConsumerStep',
  queues: [inputQueue],
  messages: {
    ETL: {
      schema: z.object({ uuid: z.uuid(), email: z.email(), text: z.string() }),
      handle: ({ uuid, email, text }) => textToSpeech.delay(uuid, email, text),
    },
    // Another type of message is another entry here.
  },
})

app.steps.consumer.add(InputMessageConsumerStep)
