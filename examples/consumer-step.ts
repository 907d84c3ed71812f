/**
 * The smallest whole program: a server in any language publishes {"type":"ETL","uuid":…,"email":…,"text":…} to
 * `input.exchange`; this worker takes it with a consumer of its own, picks a handler by `type`, and calls a task.
 * Run it with `celery -A examples/consumer-step.ts worker -P async`.
 */
import { Celery, ConsumerStep } from '@voice-pocket/celery'
import { type Channel, Consumer, Exchange, type Message, Queue } from '@voice-pocket/kombu'

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

type Input = { type: string; uuid: string; email: string; text: string }

const handlers = new Map([
  ['ETL', ({ uuid, email, text }: Input) => textToSpeech.delay(uuid, email, text)],
  // Another type of message is another line here.
])

class InputMessageConsumerStep extends ConsumerStep {
  getConsumers(channel: Channel) {
    return [new Consumer(channel, { queues: [inputQueue], callbacks: [this.onMessage], accept: ['json'] })]
  }

  async onMessage(body: unknown, message: Message) {
    const input = Object(body) as Input // JSON may also be null
    const handle = handlers.get(input.type)
    if (!handle) {
      console.error(`rejected: there is no handler for the type ${input.type}`)
      return message.reject()
    }
    await handle(input)
    await message.ack() // only now: a message whose handler fails stays with the broker, which delivers it again
  }
}

app.steps.consumer.add(InputMessageConsumerStep)
