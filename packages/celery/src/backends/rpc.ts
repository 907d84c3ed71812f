import { type Connection, type Message, Producer, registry as serializers } from '@voice-pocket/kombu'
import { BackendError, BackendStoreError } from '../exceptions.ts'
import { READY_STATES, type State, SUCCESS } from '../states.ts'
import { abortable } from './abortable.ts'
import { Backend, type StoreOptions, type TaskMeta } from './base.ts'
import { KeyValueStoreBackend } from './key-value.ts'
import { MemoryStore } from './memory.ts'
import type { ResolvedBackendOptions } from './options.ts'
import { encodeRecord } from './record-text.ts'
import { ReplyQueue } from './reply-queue.ts'
import { fromRecord } from './result-meta.ts'

/** What results as messages need of their app. */
export interface RpcOptions {
  readonly connection: Connection
  /** Name of the client's queue: what it gives to its tasks as `reply_to`. */
  readonly replyTo: string
  /** Whether a result survives a restart of the broker, where its queue does [resultPersistent]. */
  readonly persistent: boolean
}

/** Celery's policy: at once, then a second apart, twenty times. */
const RETRY_POLICY = { maxRetries: 20, intervalStartMs: 0, intervalStepMs: 1000, intervalMaxMs: 1000 }

/** Results that were given out are still remembered for a second question, but only so many of them. */
const GIVEN_OUT_KEPT = 1000

/**
 * Results as messages to the one client that sent the task, over the broker that tasks travel on. Duties:
 * 1. a worker publishes each state to the queue that the request names as `reply_to`, and where none is named
 *    nowhere: nobody waits;
 * 2. a client has one queue for all its tasks, and remembers what came out of it until it expires;
 * 3. of a task that somebody else sent it knows nothing: that is PENDING for ever.
 * The messages are those of Celery's `celery/backends/rpc.py`.
 */
export class RpcBackend extends Backend {
  readonly url = 'rpc://'
  readonly #options: ResolvedBackendOptions
  readonly #persistent: boolean
  readonly #producer: Producer
  readonly #replies: ReplyQueue
  /** What came out of the queue. */
  readonly #known: KeyValueStoreBackend
  readonly #givenOut = new Set<string>()
  /** Aborts to end every wait. */
  #waits = new AbortController()
  #isOpen = true

  constructor({ connection, replyTo, persistent }: RpcOptions, options: ResolvedBackendOptions) {
    super()
    this.#options = options
    this.#persistent = persistent
    this.#producer = new Producer(connection)
    this.#known = new KeyValueStoreBackend(new MemoryStore(`replies to ${replyTo}`), options)
    this.#replies = new ReplyQueue({
      connection,
      name: replyTo,
      expiresSeconds: options.expiresSeconds,
      onReply: (message) => this.#keep(message),
      onLost: (cause) => this.#endWaits(new BackendError(`No replies come any more: ${cause}`, { cause })),
    })
  }

  /** A reply to a queue that does not exist would be dropped. */
  override async onTaskCall(): Promise<void> {
    await this.#replies.declare()
  }

  /** The worker that ends the last part of a chord would have to know what the others sent to the client. */
  override ensureChordsAllowed(): void {
    throw new BackendError(
      'The result backend rpc:// has no chords, and a group with a task after it is one: ' +
        'its results go to the client, where no worker can count them. Take redis:// or sqlite:// for them.',
    )
  }

  async storeResult(
    taskId: string,
    result: unknown,
    status: State,
    options: StoreOptions = {},
  ): Promise<void> {
    this.#assertOpen()
    const routingKey = options.request?.replyTo
    if (!routingKey) return
    const { extended } = this.#options
    const record = encodeRecord({ taskId, result, status, extended, ...options })
    try {
      await this.#producer.publish(record, {
        ...{ routingKey, correlationId: taskId, retryPolicy: RETRY_POLICY },
        deliveryMode: this.#persistent ? 2 : 1,
        ...{ contentType: 'application/json', contentEncoding: 'utf-8' },
      })
    } catch (cause) {
      throw new BackendStoreError(
        `The state ${status} of task ${taskId} was not sent to ${routingKey}: ${cause}`,
        { cause },
      )
    }
  }

  /** Of a task that is not known to have succeeded: everything that was sent before this call. */
  async getTaskMeta(taskId: string): Promise<TaskMeta> {
    this.#assertOpen()
    const known = await this.#known.getTaskMeta(taskId)
    if (known.status !== SUCCESS) await this.#catchUp(taskId)
    const meta = await this.#known.getTaskMeta(taskId)
    await this.#noteGivenOut(meta)
    return meta
  }

  async *watch(taskId: string, signal?: AbortSignal): AsyncGenerator<TaskMeta, void, undefined> {
    this.#assertOpen()
    const ended = AbortSignal.any([this.#waits.signal, ...(signal ? [signal] : [])])
    await abortable(this.#replies.consume(), ended)
    for await (const meta of this.#known.watch(taskId, ended)) {
      await this.#noteGivenOut(meta)
      yield meta
    }
  }

  /** Forgets what came; a state that is sent later is remembered again. */
  async forget(taskId: string): Promise<void> {
    this.#assertOpen()
    await this.#catchUp(taskId)
    await this.#known.forget(taskId)
  }

  cleanup(): Promise<number> {
    return this.#known.cleanup()
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#endWaits(this.#closedError())
    await this.#replies.close()
    await this.#producer.close()
    await this.#known.close()
  }

  async #catchUp(taskId: string): Promise<void> {
    const ended = AbortSignal.any([this.#waits.signal])
    try {
      await abortable(this.#replies.consume(), ended)
      await abortable(this.#replies.sync(), ended)
    } catch (cause) {
      if (cause instanceof BackendError) throw cause
      throw new BackendError(`What became of task ${taskId} cannot be asked: ${cause}`, { cause })
    }
  }

  async #keep(message: Message): Promise<void> {
    const { correlationId: taskId = '' } = message.properties
    try {
      const record = message.payload
      const { status } = fromRecord(taskId, record)
      await this.#known.storeRecord(taskId, status, serializers.dumps(record, 'json').body.toString())
    } catch (error) {
      await this.#known.markAsFailure(taskId, error) // whoever waits for the task hears why there is no result
    }
  }

  async #noteGivenOut({ taskId, status }: TaskMeta): Promise<void> {
    if (!READY_STATES.has(status)) return
    this.#givenOut.delete(taskId) // so that the one asked for longest ago is always the first
    this.#givenOut.add(taskId)
    const [oldest = ''] = this.#givenOut
    if (this.#givenOut.size <= GIVEN_OUT_KEPT) return
    this.#givenOut.delete(oldest)
    await this.#known.forget(oldest)
  }

  #endWaits(reason: BackendError): void {
    this.#waits.abort(reason)
    this.#waits = new AbortController()
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw this.#closedError()
  }

  #closedError(): BackendError {
    return new BackendError('The result backend rpc:// is closed; open another one.')
  }
}
