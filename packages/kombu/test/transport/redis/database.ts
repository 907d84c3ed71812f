import type { TestContext } from 'node:test'
import { createClient } from '@redis/client'
import { Connection, type ConnectionOptions, Queue, uuid } from '../../../src/index.ts'
import { service } from '../../support.ts'

export const { url, skip } = service('REDIS_URL')

/** Why the tests with Python are skipped, or false. */
export function skipWithoutPython(): string | false {
  if (process.env.PYTHON_VENV) return skip
  if (process.env.CI === 'true') throw new Error('PYTHON_VENV is not set, and CI must test against Python')
  return 'PYTHON_VENV is not set; "npm test" makes the environment'
}

type Client = ReturnType<typeof createClient>

/** A part of a Redis for one test alone, by a prefix of its own; it is emptied when the test ends. */
export class Database {
  readonly url: string
  readonly client: Client
  readonly transportOptions: Readonly<Record<string, unknown>>
  readonly #prefix = `test.${uuid()}.`
  readonly #connections: Connection[] = []

  static async open(t: TestContext, transportOptions: Record<string, unknown> = {}): Promise<Database> {
    const database = new Database(transportOptions)
    await database.client.connect()
    t.after(() => database.#close())
    return database
  }

  private constructor(transportOptions: Record<string, unknown>) {
    this.url = url
    this.client = createClient({ url, RESP: 2 })
    this.transportOptions = { global_keyprefix: this.#prefix, ...transportOptions }
  }

  key(name: string): string {
    return `${this.#prefix}${name}`
  }

  connect(options: ConnectionOptions = {}, at = this.url): Promise<Connection> {
    const { transportOptions } = this
    const connection = new Connection(at, {
      ...options,
      transportOptions: { ...transportOptions, ...options.transportOptions },
    })
    this.#connections.push(connection)
    return connection.connect()
  }

  /** What is in the list of a queue, the next one out first. */
  async items(queue: string): Promise<string[]> {
    return (await this.client.lRange(this.key(queue), 0, -1)).reverse()
  }

  async ledger(): Promise<unknown[]> {
    const entries = await this.client.hVals(this.key('unacked'))
    return entries.map((entry) => JSON.parse(entry))
  }

  /** As if everything held had been taken so many seconds ago. */
  async age(seconds: number): Promise<void> {
    const index = this.key('unacked_index')
    for (const tag of await this.client.zRange(index, 0, -1)) await this.client.zIncrBy(index, -seconds, tag)
  }

  async #close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()))
    for await (const keys of this.client.scanIterator({ MATCH: `${this.#prefix}*`, COUNT: 1000 })) {
      if (keys.length > 0) await this.client.del(keys)
    }
    this.client.destroy()
  }
}

export const work = new Queue('work')
