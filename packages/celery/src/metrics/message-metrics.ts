import { Counter, Histogram, type Registry } from 'prom-client'
import type { SignalledMessage, Signals } from '../signals.ts'

const LABELS = ['step', 'queue_name', 'type'] as const

/** What the signals tell of messages that are no tasks, by the step that takes them and their type. */
export class MessageMetrics {
  readonly #received: Counter
  readonly #handled: Counter
  readonly #rejected: Counter
  readonly #requeued: Counter
  readonly #runtime: Histogram

  constructor(register: Registry, buckets: readonly number[]) {
    const common = { labelNames: LABELS, registers: [register] }
    this.#received = new Counter({
      name: 'celery_message_received_total',
      help: 'Messages other than tasks that came; their type is not known yet.',
      labelNames: ['step', 'queue_name'],
      registers: [register],
    })
    this.#handled = new Counter({
      ...common,
      name: 'celery_message_handled_total',
      help: 'Messages other than tasks that were handled.',
    })
    this.#rejected = new Counter({
      ...common,
      name: 'celery_message_rejected_total',
      help: 'Messages other than tasks that went to the dead letters.',
    })
    this.#requeued = new Counter({
      ...common,
      name: 'celery_message_requeued_total',
      help: 'Messages other than tasks that failed and went back to their queue.',
    })
    this.#runtime = new Histogram({
      ...common,
      name: 'celery_message_runtime_seconds',
      help: 'Seconds that handling them took.',
      buckets: [...buckets],
    })
  }

  /** Returns what disconnects it again. */
  connect(signals: Signals): () => void {
    const disconnect = [
      signals.messageReceived.connect(({ message: { step, queue: queue_name } }) =>
        this.#received.inc({ step, queue_name }),
      ),
      signals.messageHandled.connect(({ message, runtime }) => {
        this.#handled.inc(labelsOf(message))
        this.#runtime.observe(labelsOf(message), runtime)
      }),
      signals.messageRejected.connect(({ message }) => this.#rejected.inc(labelsOf(message))),
      signals.messageRequeued.connect(({ message }) => this.#requeued.inc(labelsOf(message))),
    ]
    return () => {
      for (const each of disconnect) each()
    }
  }
}

/** A type is one that the step has a handler for, or unknown: strangers make no series. */
const labelsOf = ({ step, queue, type = '' }: SignalledMessage) => ({ step, queue_name: queue, type })
