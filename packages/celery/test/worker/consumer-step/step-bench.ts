/** A worker with a step that takes the messages of a queue, all in this process. */
import type { TestContext } from 'node:test'
import type { Message } from '@voice-pocket/kombu'
import { z } from 'zod'
import {
  type Celery,
  type LooseSettings,
  type MessageContext,
  type MessageStepOptions,
  messageStep,
  type WorkerOptions,
} from '../../../src/index.ts'
import { DeadLetterReader } from '../../dead-letter-reader.ts'
import { memoryApp } from '../../memory-app.ts'
import { RunningWorker } from '../../running-worker.ts'

export interface Order {
  readonly number: number
}

export type Handle = (order: Order, context: MessageContext) => unknown

const schema = z.object({ number: z.number() })

export interface StepBench {
  readonly app: Celery
  /** Every message told of by signals: what of it, and in what state. */
  readonly told: string[]
  send(body: unknown, labels?: Labels): Promise<void>
  start(options?: WorkerOptions): Promise<RunningWorker>
  /** The next message put aside. */
  dead(): Promise<Message>
}

export interface Labels {
  readonly routingKey?: string
  readonly headers?: Record<string, unknown>
  readonly messageId?: string
}

export function stepBench(
  t: TestContext,
  handle: Handle,
  { step = {}, settings = {} }: { step?: Partial<MessageStepOptions>; settings?: LooseSettings } = {},
): StepBench {
  const app = memoryApp(t, { taskDefaultQueue: 'tasks', ...settings })
  const Orders = messageStep({
    name: 'Orders',
    queues: ['orders'],
    firstPauseMs: 1,
    messages: { placed: { schema, handle } },
    ...step,
  })
  app.steps.consumer.add(Orders)
  const told = tellings(app)
  let reader: Promise<DeadLetterReader> | undefined
  t.after(async () => (await reader)?.close())
  return {
    app,
    told,
    send: (body, labels) => send(app, body, labels),
    async start(options = {}) {
      const running = await RunningWorker.start(app, options)
      t.after(() => running[Symbol.asyncDispose]())
      return running
    },
    async dead() {
      reader ??= DeadLetterReader.on(app)
      return (await reader).next()
    },
  }
}

/** A value becomes JSON; bytes stay what they are. */
async function send(app: Celery, body: unknown, labels: Labels = {}): Promise<void> {
  const { routingKey = 'orders', headers = {}, messageId } = labels
  const channel = await app.connection.channel()
  await channel.queueDeclare(routingKey, { durable: true })
  const payload = {
    body: Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)),
    contentType: undefined,
    contentEncoding: undefined,
    headers,
    properties: messageId === undefined ? {} : { messageId },
  }
  await channel.basicPublish(payload, { exchange: '', routingKey })
  await channel.close()
}

function tellings({ signals }: Celery): string[] {
  const told: string[] = []
  signals.messageReceived.connect(
    ({ message: { step, queue } }) => void told.push(`${step} ${queue} received`),
  )
  signals.messageHandled.connect(({ message: { type } }) => void told.push(`${type} handled`))
  signals.messageRejected.connect(({ message: { type }, reason }) => void told.push(`${type} ${reason}`))
  signals.messageRequeued.connect(({ message: { type }, error }) => void told.push(`${type} again: ${error}`))
  return told
}
