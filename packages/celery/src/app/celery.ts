import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Connection, LamportClock } from '@voice-pocket/kombu'
import type { ResultTuple } from '../backends/base.ts'
import { type Backend, createBackend } from '../backends/index.ts'
import { AddedPeriodicTasks, type PeriodicTaskOptions } from '../beat/periodic-tasks.ts'
import type { Schedule } from '../beat/schedule.ts'
import type { StepClass } from '../bootsteps.ts'
import type { AnySignature } from '../canvas/fitting.ts'
import { Signature, toOptions } from '../canvas/signature.ts'
import { ImproperlyConfigured } from '../exceptions.ts'
import { resultFromTuple } from '../group-result.ts'
import { type AnyResult, AsyncResult } from '../result.ts'
import { Signals } from '../signals.ts'
import type { Consumer } from '../worker/consumer/consumer.ts'
import type { WorkController, WorkerOptions } from '../worker/worker.ts'
import { Amqp, type SendOptions } from './amqp.ts'
import type { BaseTask } from './base-task.ts'
import type { BoundTask } from './bound-task.ts'
import { brokerConnection } from './broker-connection.ts'
import { builtin } from './builtins.ts'
import { type CallOptions, toCall } from './call.ts'
import type { Context } from './context.ts'
import { Control } from './control.ts'
import { currentTask, recordChild } from './current-task.ts'
import type { Settings } from './defaults.ts'
import { Eager, eagerly, eagerScope } from './eager.ts'
import { Events } from './events.ts'
import { loadSettings } from './load-settings.ts'
import { Measures } from './measures.ts'
import { AppMiddleware } from './middleware.ts'
import { Panel } from './panel.ts'
import { parametersOf } from './parameters.ts'
import type { TaskCall } from './protocol.ts'
import { TaskRegistry } from './registry.ts'
import { sendOptionsOf, wayBack } from './send-options.ts'
import { type LooseSettings, resolveSettings } from './settings.ts'
import { Task } from './task.ts'
import type { TaskOptions } from './task-options.ts'
import { sendOnce } from './unique.ts'

/**
 * An application: its settings, its tasks, and the way to everything that uses them.
 * 1. Settings are loose until first used, then resolved once and frozen.
 * 2. Broker and result backend are connected when first needed; `close()` lets go of both.
 * 3. `steps` take the bootsteps that a program adds to its workers.
 */
export class Celery {
  readonly name: string
  readonly tasks = new TaskRegistry((name) => builtin(this, name))
  readonly signals = new Signals()
  /** Code of your own around sending and running. */
  readonly middleware = new AppMiddleware()
  readonly control: Control
  /** Remote control commands of your own, for all workers of this app. */
  readonly panel = new Panel()
  readonly events: Events
  /** Numbers of your own, of the processes that run the tasks, for the metrics of their worker. */
  readonly measures = new Measures()
  /** What beat sends: the settings' `beatSchedule`, and what `addPeriodicTask` adds. */
  readonly periodicTasks = new AddedPeriodicTasks(() => this.conf.beatSchedule)
  /** Orders what the processes of a cluster say; everything that goes out has its time. */
  readonly clock = new LamportClock()
  /** Bootsteps to add to every worker of this app, and to its consumer (made anew with each connection). */
  readonly steps = { worker: new Set<StepClass<WorkController>>(), consumer: new Set<StepClass<Consumer>>() }
  /** Identity of this client: replies and RPC results find it by this. */
  readonly oid = randomUUID()
  /** Who sends, in Celery's form: `gen<pid>@<host>`. */
  readonly origin = `gen${process.pid}@${hostname()}`
  readonly #sources: LooseSettings[]
  #conf: Settings | undefined
  #connection: Connection | undefined
  #amqp: Amqp | undefined
  #backend: Promise<Backend> | undefined
  #alwaysEager: Eager | undefined

  constructor(name: string, settings: LooseSettings = {}) {
    this.name = name
    this.#sources = [settings]
    this.control = new Control(this)
    this.events = new Events(this)
  }

  /** The settings. Reading them resolves them: `configFromObject` comes before. */
  get conf(): Settings {
    this.#conf ??= resolveSettings(...this.#sources)
    return this.#conf
  }

  /**
   * Adds settings, by Celery's names in camelCase or snake_case; later ones win. A string is the path of a
   * module (relative to the working directory) whose default export, or whose exports, are the settings.
   * @throws ImproperlyConfigured for a setting that does not exist or has the wrong type.
   */
  configFromObject(settings: LooseSettings): this
  configFromObject(modulePath: string): Promise<this>
  configFromObject(source: LooseSettings | string): this | Promise<this> {
    if (typeof source === 'string') return this.#configFromModule(source)
    if (Object.keys(source).length === 0) return this
    if (this.#conf) {
      throw new ImproperlyConfigured(
        'The settings are in use already. Configure the app before it sends or works.',
      )
    }
    resolveSettings(source) // a wrong setting is reported here, where it was written
    this.#sources.push(source)
    return this
  }

  /** Names a function, so that workers can be asked to run it. With `bind`, its first parameter is the bound task. */
  task<Args extends readonly unknown[], Result>(
    name: string,
    fn: (self: BoundTask, ...args: Args) => Result | Promise<Result>,
    options: TaskOptions & { bind: true },
  ): Task<Args, Result>
  task<Args extends readonly unknown[], Result>(
    name: string,
    fn: (...args: Args) => Result | Promise<Result>,
    options?: TaskOptions & { bind?: false },
  ): Task<Args, Result>
  task<Args extends readonly unknown[], Result>(
    name: string,
    fn: (...args: never[]) => Result | Promise<Result>,
    { bind = false, ...options }: TaskOptions & { bind?: boolean } = {},
  ): Task<Args, Result> {
    const body = { bind, fn } as unknown as ConstructorParameters<typeof Task<Args, Result>>[2]
    const task = new Task<Args, Result>(this, name, body, options)
    this.tasks.register(task)
    return task
  }

  /**
   * Has beat send a call again and again; at any time, the settings are not touched. Returns the name of its entry,
   * which is the call as Python prints it unless one is given: an equal name replaces the entry before it.
   * @param schedule seconds, `crontab()`, `schedule()`, or a schedule of your own
   */
  addPeriodicTask(
    schedule: number | Schedule,
    signature: AnySignature,
    options: PeriodicTaskOptions = {},
  ): string {
    return this.periodicTasks.add(schedule, signature, options)
  }

  /** Registers a task that is a class; one instance serves every run. */
  registerTask<Args extends readonly unknown[], Result>(
    instance: BaseTask<Args, Result>,
  ): Task<Args, Result> {
    const body = {
      bind: true as const,
      fn: (_self: BoundTask, ...args: Args) => instance.run(...args),
      parameters: parametersOf(instance.run),
      hooks: instance,
    }
    const task = new Task<Args, Result>(this, instance.name, body, instance.options)
    this.tasks.register(task)
    return task
  }

  /** Sends a call by name: the task need not exist here. Resolves when the broker has it. */
  async sendTask<Result = unknown>(name: string, options: CallOptions = {}): Promise<AsyncResult<Result>> {
    const { origin } = this
    const call = toCall(name, options, { origin, parent: currentTask() })
    const { replyTo = this.oid } = options
    if (!call.ignoreResult && replyTo === this.oid) await (await this.backend()).onTaskCall()
    const send = () => this.#publish(call, sendOptionsOf(options, this))
    const id = await (options.uniqueKey === undefined ? send() : sendOnce(call, options, this, send))
    const result = this.asyncResult<Result>(id ?? call.id)
    result.ignored = call.ignoreResult ?? false
    if (options.addToParent ?? true) recordChild(result.asTuple())
    return this.settled(result)
  }

  /** The result itself; or, where calls run instead of being sent, an `EagerResult`: its tasks have run by then. */
  async settled<Result extends AnyResult>(result: Result): Promise<Result> {
    return ((await this.#eager?.settled(result)) ?? result) as Result
  }

  /** Sends a received call once more, to the queue it came from and under its own id: what a retry is. */
  async resend(
    request: Context,
    changes: Pick<TaskCall, 'args' | 'kwargs'> & { retries: number; eta: Date },
  ): Promise<void> {
    const call: TaskCall = {
      ...request,
      ...changes,
      eta: changes.eta.toISOString(),
      parentId: request.id,
      origin: request.origin ?? this.origin,
    }
    const form = this.tasks.has(request.task) ? this.tasks.get(request.task).options : {}
    const options = sendOptionsOf(wayBack(request.deliveryInfo, form), this)
    await this.#publish(call, { ...options, replyTo: request.replyTo ?? options.replyTo })
    recordChild(this.asyncResult(call.id).asTuple())
  }

  /** The result of a task whose id is known, such as one that another program sent. */
  asyncResult<Result = unknown>(taskId: string): AsyncResult<Result> {
    return new AsyncResult<Result>(taskId, this)
  }

  /** The result that a tuple tells of, as it stands in a record: of a task, or of a group. */
  resultFromTuple(tuple: ResultTuple): AnyResult {
    return resultFromTuple(tuple, this)
  }

  /** A call by name for later: the task need not exist here. What it takes and gives, only you know. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever comes before and after it in a canvas fits
  signature<In extends readonly unknown[] = any, Out = any>(
    task: string,
    { args = [], kwargs = {}, immutable = false, ...options }: CallOptions & { immutable?: boolean } = {},
  ): Signature<In, Out> {
    return new Signature({ app: this, task, args, kwargs, immutable, options: toOptions(options) })
  }

  /** What is sent in it runs in it instead; the result it gives is there already. See `Signature.apply`. */
  eagerly(work: () => Promise<AnyResult>): Promise<AnyResult> {
    return eagerly(this, work)
  }

  /** A worker in this process. `start()` it, `stop()` it. */
  async worker(options: WorkerOptions = {}): Promise<WorkController> {
    const { WorkController } = await import('../worker/worker.ts')
    return new WorkController(this, options)
  }

  get amqp(): Amqp {
    this.#amqp ??= new Amqp(this.conf, this.connection, {
      onSent: (fields) => this.events.client.send('task-sent', fields),
      around: this.middleware.publish,
      taskOf: (name) => (this.tasks.has(name) ? this.tasks.get(name) : undefined),
      signals: this.signals,
    })
    return this.#amqp
  }

  /** The connection that this app sends on; a worker consumes on one of its own. */
  get connection(): Connection {
    this.#connection ??= brokerConnection(this.conf, 'write', `${this.name} producer`)
    return this.#connection
  }

  /** A connection of your own to take messages from, to close yourself. */
  newConnection(purpose: string): Connection {
    return brokerConnection(this.conf, 'read', `${this.name} ${purpose}`)
  }

  backend(): Promise<Backend> {
    return this.#eager?.backend() ?? this.keptResults()
  }

  /** The result backend of the settings, also where calls run in place. */
  keptResults(): Promise<Backend> {
    this.#backend ??= createBackend(this.conf.resultBackend, {
      expiresSeconds: this.conf.resultExpires,
      extended: this.conf.resultExtended,
      serializer: this.conf.resultSerializer,
      transportOptions: this.conf.resultBackendTransportOptions,
      ssl: this.conf.redisBackendUseSsl,
      rpc: () => ({
        connection: this.connection,
        replyTo: this.oid,
        persistent: this.conf.resultPersistent,
      }),
    }).catch((error: unknown) => {
      this.#backend = undefined // the next one who needs it tries again
      throw error
    })
    return this.#backend
  }

  /** Lets go of broker and backend. Twice is fine; the app can be used again afterwards. */
  async close(): Promise<void> {
    await this.events.close()
    const [connection, backend, eager] = [this.#connection, this.#backend, this.#alwaysEager]
    this.#connection = this.#amqp = this.#backend = this.#alwaysEager = undefined
    await eager?.close()
    await this.control.close()
    const opened = await backend?.catch(() => undefined) // whoever asked for it heard of it
    try {
      await opened?.close() // it may have something to say over the connection
    } finally {
      await connection?.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #configFromModule(path: string): Promise<this> {
    return this.configFromObject(await loadSettings(path))
  }

  /** Where calls run that are not to be sent; undefined where they are. */
  get #eager(): Eager | undefined {
    if (this.conf.taskAlwaysEager) this.#alwaysEager ??= new Eager(this)
    return eagerScope() ?? this.#alwaysEager
  }

  async #publish(call: TaskCall, options: SendOptions): Promise<void> {
    await (this.#eager ? this.#eager.run(call, options.way) : this.amqp.sendTask(call, options))
  }
}
