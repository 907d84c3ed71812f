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
  readonly #spies: Client[] = []

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

  /** Listens to what the server does from now on. */
  async spy(command: string, key: string): Promise<Spy> {
    const client = await this.client.duplicate().connect()
    this.#spies.push(client)
    const spy = new Spy()
    const line = `"${command}" "${this.key(key)}"`
    await client.monitor((reply) => {
      if (String(reply).includes(line)) spy.seen()
    })
    return spy
  }

  async #close(): Promise<void> {
    for (const client of this.#spies) client.destroy()

    await Promise.all(this.#connections.map((connection) => connection.close()))
    for await (const keys of this.client.scanIterator({ MATCH: `${this.#prefix}*`, COUNT: 1000 })) {
      if (keys.length > 0) await this.client.del(keys)
    }
    this.client.destroy()
  }
}

/** Counts how often something was done. */
export class Spy {
  #count = 0
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = []

  seen(): void {
    this.#count += 1
    for (const { count, resolve } of this.#waiting) if (this.#count >= count) resolve()
  }

  async times(count: number): Promise<void> {
    if (this.#count >= count) return
    await new Promise<void>((resolve) => {
      this.#waiting.push({ count, resolve })
    })
  }
}

export const work = new Queue('work')
