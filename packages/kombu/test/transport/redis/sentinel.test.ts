import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, type TestContext, test } from 'node:test'
import { Connection, InvalidValueError, OperationalError, Producer, Queue } from '../../../src/index.ts'
import { bodies, Inbox, TIMEOUT_MS } from '../../support.ts'
import { skip } from './database.ts'

/** Redis servers of one test, in a folder of their own. */
class Servers {
  readonly #folder: string
  readonly #running = new Set<ChildProcess>()

  static async open(t: TestContext): Promise<Servers> {
    const servers = new Servers(await mkdtemp(join(tmpdir(), 'kombu-sentinel-')))
    t.after(() => servers.#close())
    return servers
  }

  private constructor(folder: string) {
    this.#folder = folder
  }

  async start(ready: RegExp, configuration: readonly string[], ...args: readonly string[]): Promise<number> {
    const port = await freePort()
    const file = join(this.#folder, `${port}.conf`)
    await writeFile(file, [`port ${port}`, 'bind 127.0.0.1', ...configuration, ''].join('\n'))
    const server = spawn('redis-server', [file, ...args], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#running.add(server)
    for await (const line of createInterface({ input: server.stdout })) if (ready.test(line)) break
    server.stdout.resume()
    return port
  }

  async #close(): Promise<void> {
    for (const server of this.#running) {
      server.kill('SIGKILL')
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
    }
    await rm(this.#folder, { recursive: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}

describe('sentinel', { skip, timeout: TIMEOUT_MS }, () => {
  test('leads to the master of the group, with the passwords of both', async (t) => {
    const servers = await Servers.open(t)
    const master = await servers.start(/Ready to accept connections/, [
      'save ""',
      'requirepass master-secret',
    ])
    const sentinel = await servers.start(
      /\+monitor master/,
      [
        'requirepass sentinel-secret',
        `sentinel monitor voices 127.0.0.1 ${master} 1`,
        'sentinel auth-pass voices master-secret',
      ],
      '--sentinel',
    )
    const url = (port: number) => `sentinel://:master-secret@127.0.0.1:${port}/1`
    const transportOptions = { master_name: 'voices', sentinel_kwargs: { password: 'sentinel-secret' } }
    // The first of the list is away.
    await using connection = new Connection([url(1), url(sentinel)], { transportOptions })
    const queue = new Queue('work')
    const inbox = await Inbox.open(await connection.channel(), [queue])
    await new Producer(connection, { routingKey: 'work' }).publish('found')
    assert.deepEqual(bodies(await inbox.first(1)), ['found'])
    await using direct = new Connection(`redis://:master-secret@127.0.0.1:${master}/1`)
    await direct.connect()

    const stranger = new Connection(url(sentinel), {
      transportOptions: { ...transportOptions, master_name: 'nobody' },
    })
    await assert.rejects(stranger.connect(), (error: Error) => {
      assert.ok(error instanceof OperationalError)
      assert.match(error.message, /knows no master named "nobody"/)
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
  })

  test('needs the name of the group', async () => {
    await assert.rejects(new Connection('sentinel://127.0.0.1').connect(), (error: Error) => {
      assert.ok(error instanceof InvalidValueError)
      assert.match(error.message, /needs the transport option master_name/)
      return true
    })
  })
})
