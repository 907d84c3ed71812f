import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { describe } from 'node:test'
import { createClient } from '@redis/client'
import { Connection } from '@voice-pocket/kombu'
import type { Celery, LooseSettings } from '../../src/index.ts'
import { DeadLetterReader } from '../dead-letter-reader.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'
import { createApp } from './interop-app.ts'
import { PythonClient, type PythonEnvironment, PythonWorker } from './python-processes.ts'

export const redis = serviceFrom('REDIS_URL')
const python = serviceFrom('PYTHON_VENV')

/** What messages travel over; results are in Redis. */
export const BROKERS = {
  RabbitMQ: serviceFrom('AMQP_URL'),
  Redis: redis,
}
export type BrokerName = keyof typeof BROKERS

/** Why there is no border to cross, or false. */
export function skipWithout(broker: BrokerName): string | false {
  return BROKERS[broker].skip || redis.skip || python.skip
}

/** A suite for each broker, side by side: most of their time is waiting for other processes. */
export function describeOverBrokers(
  what: string,
  timeout: number,
  declare: (broker: BrokerName) => void,
): void {
  describe(what, { concurrency: true }, () => {
    for (const broker of ['RabbitMQ', 'Redis'] as const satisfies readonly BrokerName[]) {
      const options = { concurrency: 1, skip: skipWithout(broker), timeout }
      describe(`over ${broker}`, options, () => declare(broker))
    }
  })
}

/** A part of broker and result store for one file of tests alone: names of its own, and nothing of it stays. */
export class Ground {
  readonly run = randomUUID()
  readonly broker: string
  /** The settings of our apps, and what Python processes find in their environment. */
  readonly settings: LooseSettings
  readonly python: PythonEnvironment
  /** Whose worker consumes it. */
  readonly ours = `test.${this.run}.ours`
  readonly theirs = `test.${this.run}.theirs`
  readonly prefix = `test-${this.run}:`

  constructor(broker: BrokerName, settings: LooseSettings = {}, pythonSettings: object = {}) {
    this.broker = BROKERS[broker].value
    const keys = { globalKeyprefix: this.prefix }
    this.settings = {
      ...{ brokerUrl: this.broker, resultBackend: redis.value, resultExpires: 60 },
      ...{ resultBackendTransportOptions: keys, taskDefaultQueue: this.ours },
      ...{ workerDeadLetterQueue: `${this.ours}.dead`, workerCancelWait: 0.1 },
      ...(broker === 'Redis' && { brokerTransportOptions: { global_keyprefix: this.prefix } }),
      ...settings,
    }
    this.python = {
      python: python.value,
      variables: {
        ...{ BROKER_URL: this.broker, RESULT_BACKEND: redis.value, QUEUE: this.theirs, PREFIX: this.prefix },
        SETTINGS: JSON.stringify(pythonSettings),
      },
    }
  }

  /** Removes what the tests left. */
  async forget(): Promise<void> {
    if (this.broker.startsWith('amqp')) await this.#forgetQueues()
    const store = await createClient({ url: redis.value }).connect()
    for await (const keys of store.scanIterator({ MATCH: `${this.prefix}*`, COUNT: 1000 }))
      if (keys.length > 0) await store.del(keys)
    await store.close()
  }

  async #forgetQueues(): Promise<void> {
    await using connection = await new Connection(this.broker).connect()
    const channel = await connection.channel()
    const queues = [this.ours, this.theirs, `${this.ours}.dead`, `${this.run}.more`, `${this.run}.purged`]
    for (const queue of queues) await channel.queueDelete(queue)
    for (const exchange of [this.ours, this.theirs, `${this.run}.more`, `${this.run}.purged`])
      await channel.exchangeDelete(exchange)
  }
}

/** Both sides on one broker: a client and a worker of Python Celery, and a client and a worker of ours. */
export class Border {
  readonly ground: Ground
  readonly app: Celery
  readonly client: PythonClient
  /** Python's own `celery` command. */
  readonly commandLine: PythonClient
  readonly running: RunningWorker
  readonly deadLetters: DeadLetterReader
  readonly ourName: string
  readonly theirName: string
  readonly #pythonWorker: PythonWorker

  static async open(broker: BrokerName): Promise<Border> {
    const accepted = {
      accept_content: ['json', 'msgpack'],
      task_queue_max_priority: 9,
      result_extended: true,
    }
    const ground = new Ground(broker, accepted, accepted)
    const app = createApp(ground.settings)
    const [ourName, theirName] = [`ours@${ground.run}`, `theirs@${ground.run}`]
    const client = new PythonClient(ground.python)
    const commandLine = new PythonClient(ground.python, 'celery_command.py')
    const pool = { pool: 'prefork', concurrency: 2 } as const
    const pythonWorker = new PythonWorker(ground.python, ground.theirs, theirName, pool)
    const { settings } = ground
    const appModule = join(import.meta.dirname, 'interop-app.ts')
    const running = await RunningWorker.start(app, { ...pool, hostname: ourName, appModule, settings })
    const deadLetters = await DeadLetterReader.on(app)
    await pythonWorker.ready()
    const parts = { ground, app, client, commandLine, running, deadLetters, ourName, theirName }
    return new Border(parts, pythonWorker)
  }

  private constructor(
    parts: Pick<
      Border,
      'ground' | 'app' | 'client' | 'commandLine' | 'running' | 'deadLetters' | 'ourName' | 'theirName'
    >,
    pythonWorker: PythonWorker,
  ) {
    this.ground = parts.ground
    this.app = parts.app
    this.client = parts.client
    this.commandLine = parts.commandLine
    this.running = parts.running
    this.deadLetters = parts.deadLetters
    this.ourName = parts.ourName
    this.theirName = parts.theirName
    this.#pythonWorker = pythonWorker
  }

  /** A call from Python to our worker. */
  async toOurs(name: string, options: Record<string, unknown> = {}): Promise<string> {
    return this.client.send(name, this.ground.ours, options)
  }

  /** What Python's `get()` says of such a call. */
  async getFromOurs(name: string, options: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    return this.client.ask('get', { task_id: await this.toOurs(name, options) })
  }

  /** A call from us to Python's worker. */
  toTheirs(name: string, options: object = {}) {
    return this.app.sendTask(name, { queue: this.ground.theirs, ...options })
  }

  async getFromTheirs(name: string, options: object = {}): Promise<unknown> {
    return (await this.toTheirs(name, options)).get({ timeout: 30 })
  }

  async close(): Promise<void> {
    await Promise.all([this.client.end(), this.commandLine.end(), this.#pythonWorker.end()])
    await this.running[Symbol.asyncDispose]()
    await this.deadLetters.close()
    await this.app.close()
    await this.ground.forget()
  }
}
