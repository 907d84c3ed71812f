/** The app of the conformance suite: a step whose handlers tell each message they handled to a queue. */
import { Producer } from '@voice-pocket/kombu'
import { z } from 'zod'
import { Celery, messageStep } from '../../../src/index.ts'

export interface ConformanceNames {
  readonly brokerUrl: string
  /** Begins the names of all queues. */
  readonly name: string
}

/** A larger body is refused. */
export const MAX_BODY_BYTES = 1000

/**
 * Redis gives back what a killed worker had when its visibility timeout is over, an hour unless told; and as anybody
 * gives back what anybody had, this suite keeps to keys of its own.
 */
export function transportOptions({ brokerUrl, name }: ConformanceNames): Readonly<Record<string, unknown>> {
  return brokerUrl.startsWith('redis') ? { visibility_timeout: 2, global_keyprefix: `${name}:` } : {}
}

export function conformanceApp({ brokerUrl, name }: ConformanceNames): Celery {
  const app = new Celery('conformance', {
    brokerUrl,
    brokerTransportOptions: transportOptions({ brokerUrl, name }),
    resultBackend: 'cache+memory://conformance',
    taskDefaultQueue: `${name}.tasks`,
    workerDeadLetterQueue: `${name}.dead`,
    workerPool: 'async',
    workerEnableRemoteControl: false,
  })
  const producer = new Producer(app.connection)
  const step = messageStep({
    name: 'Conformance',
    queues: [`${name}.input`],
    maxBodyBytes: MAX_BODY_BYTES,
    maxTries: 2,
    firstPauseMs: 1,
    messages: {
      count: {
        schema: z.object({ number: z.number() }),
        handle: async ({ number }) => {
          await producer.publish(number, { routingKey: `${name}.handled` })
        },
      },
      fail: {
        schema: z.object({}),
        handle: () => {
          throw new RangeError('it always fails')
        },
      },
    },
  })
  app.steps.consumer.add(step)
  return app
}

const { CONFORMANCE_BROKER: brokerUrl, CONFORMANCE_NAME: name } = process.env
/** What the command line imports in a process of its own. */
export const app = brokerUrl && name ? conformanceApp({ brokerUrl, name }) : undefined
