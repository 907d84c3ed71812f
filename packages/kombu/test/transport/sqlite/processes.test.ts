import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { SqliteStore } from '../../../src/transport/sqlite/store.ts'
import type { Claim, StoredMessage } from '../../../src/transport/virtual/store.ts'
import type { Order } from './peer.ts'

const folder = mkdtempSync(join(tmpdir(), 'kombu-processes-'))
const peers = new Set<Peer>()
afterEach(async () => {
  await Promise.all([...peers].map((peer) => peer.kill()))
})
after(() => rmSync(folder, { recursive: true }))

/** A process of its own on the same file, told what to do (see peer.ts). */
class Peer {
  readonly process: ChildProcess

  static async start(path: string): Promise<Peer> {
    const peer = new Peer(path)
    assert.equal(await peer.hear(), 'ready')
    return peer
  }

  private constructor(path: string) {
    this.process = fork(join(import.meta.dirname, 'peer.ts'), [path])
    peers.add(this)
  }

  async hear(): Promise<unknown> {
    const [message] = (await once(this.process, 'message')) as [{ value: unknown }]
    return message.value
  }

  tell(verb: Order['verb'], queue = 'q', count = 1): void {
    this.process.send({ verb, queue, count } satisfies Order)
  }

  async ask(verb: Order['verb'], queue = 'q', count = 1): Promise<unknown> {
    const answer = this.hear()
    this.tell(verb, queue, count)
    return answer
  }

  async exit(): Promise<NodeJS.Signals | number> {
    const { exitCode, signalCode } = this.process
    if (exitCode === null && signalCode === null) await once(this.process, 'exit')
    peers.delete(this)
    return this.process.signalCode ?? Number(this.process.exitCode)
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.exit()
  }
}

let files = 0
async function openStore(): Promise<{ path: string; store: SqliteStore }> {
  files += 1
  const path = join(folder, `broker-${files}.sqlite`)
  const store = await SqliteStore.open(path)
  await store.putQueue('q', { durable: true })
  return { path, store }
}

function messages(count: number, from = 0): StoredMessage[] {
  return Array.from({ length: count }, (_, n) => ({
    queue: 'q',
    envelope: String(from + n),
    priority: 0,
    expiresAt: undefined,
  }))
}

const envelopes = (claims: unknown): string[] => (claims as Claim[]).map(({ envelope }) => envelope)

describe('several processes on one file', () => {
  test('three consumers get two thousand messages, each exactly once', async () => {
    const { path, store } = await openStore()
    const consumers = await Promise.all([1, 2, 3].map(() => Peer.start(path)))
    const got: string[] = []
    const all = new Promise<void>((resolve) => {
      for (const consumer of consumers) {
        consumer.process.on('message', ({ value }: { value: string[] }) => {
          got.push(...value)
          if (got.length >= 2000) resolve()
        })
        consumer.tell('consume', 'q', 20)
      }
    })
    for (let n = 0; n < 2000; n += 50) await store.put(messages(50, n))
    await all
    assert.equal(new Set(got).size, 2000)
    assert.equal(got.length, 2000)
    assert.equal(await store.size('q'), 0)
    await store.close()
  })

  test('eight writers at once all get their turn, and none hears of a lock', async () => {
    const { path, store } = await openStore()
    const writers = await Promise.all(Array.from({ length: 8 }, () => Peer.start(path)))
    for (const n of writers.keys()) await store.putQueue(`q${n}`, {})
    const settled = await Promise.all(writers.map((writer, n) => writer.ask('churn', `q${n}`, 50)))
    assert.deepEqual(settled, Array(8).fill(50))
    await store.close()
  })

  test('eight processes may make the same file at the same moment', async () => {
    const path = join(folder, 'new', 'broker.sqlite')
    const all = await Promise.all(Array.from({ length: 8 }, () => Peer.start(path)))
    assert.equal(readdirSync(`${path}.holders`).length, all.length)
  })

  test('one that sleeps is woken by what another puts', async () => {
    const { path, store } = await openStore()
    const peer = await Peer.start(path)
    const taken = peer.ask('take')
    await store.put(messages(1))
    assert.deepEqual(envelopes(await taken), ['0'])
    await store.close()
  })

  test('what a killed process held goes to one that waits, marked redelivered', async () => {
    const { path, store } = await openStore()
    await store.put(messages(3))
    const victim = await Peer.start(path)
    const heir = await Peer.start(path)
    assert.deepEqual(envelopes(await victim.ask('claim', 'q', 10)), ['0', '1', '2'])
    const inherited = heir.ask('take', 'q', 10)
    await victim.kill()
    const claims = (await inherited) as Claim[]
    assert.deepEqual(envelopes(claims), ['0', '1', '2'])
    assert.ok(claims.every(({ redelivered }) => redelivered))
    await store.close()
  })

  test('a process that is busy, or stopped, keeps what it holds until it dies', async () => {
    const { path, store } = await openStore()
    await store.put(messages(1))
    const busy = await Peer.start(path)
    await busy.ask('claim')
    assert.equal(await busy.ask('block'), 'blocking')
    store.sweep()
    assert.deepEqual(await store.claim(['q'], 1), [])
    busy.process.kill('SIGSTOP')
    store.sweep()
    assert.deepEqual(await store.claim(['q'], 1), [])
    await busy.kill()
    store.sweep()
    assert.deepEqual(envelopes(await store.claim(['q'], 1)), ['0'])
    await store.close()
  })

  test('a process killed in the middle of a put leaves nothing of it', async () => {
    const { path, store } = await openStore()
    const victim = await Peer.start(path)
    victim.tell('dieInPut', 'q', 100)
    assert.equal(await victim.exit(), 'SIGKILL')
    assert.equal(await store.size('q'), 0)
    await store.put(messages(1))
    assert.deepEqual(envelopes(await store.claim(['q'], 10)), ['0'])
    await store.close()
  })

  test('what was put survives the kill of the only process', async () => {
    const { path, store } = await openStore()
    await store.close()
    const victim = await Peer.start(path)
    assert.equal(await victim.ask('put', 'q', 5), 'done')
    await victim.kill()
    const survivor = await SqliteStore.open(path)
    assert.deepEqual(envelopes(await survivor.claim(['q'], 10)), ['0', '1', '2', '3', '4'])
    await survivor.close()
  })

  test('lock files go away with a clean shutdown, and with the sweep after a kill', async () => {
    const { path, store } = await openStore()
    const locks = (): string[] => readdirSync(`${path}.holders`)
    const polite = await Peer.start(path)
    const victim = await Peer.start(path)
    assert.equal(locks().length, 3)
    polite.tell('close')
    assert.equal(await polite.exit(), 0)
    assert.equal(locks().length, 2)
    await victim.kill()
    store.sweep()
    assert.deepEqual(locks(), [store.id])
    await store.close()
    assert.deepEqual(locks(), [])
  })
})

describe('several threads on one file', () => {
  const source = `
    const { parentPort, workerData } = require('node:worker_threads')
    const main = async () => {
      const { SqliteStore } = await import(workerData.module)
      const store = await SqliteStore.open(workerData.path)
      await store.put([{ queue: 'q', envelope: 'from a thread', priority: 0, expiresAt: undefined }])
      parentPort.postMessage(await store.claim(['q'], 1))
      parentPort.on('message', () => {}) // stays until it is terminated
    }
    main()`

  test('a thread has its own hold, which lasts as long as the thread', async () => {
    const { path, store } = await openStore()
    const module = import.meta.resolve('../../../src/transport/sqlite/store.ts')
    const worker = new Worker(source, { eval: true, workerData: { module, path } })
    const [claims] = (await once(worker, 'message')) as [Claim[]]
    assert.deepEqual(envelopes(claims), ['from a thread'])
    store.sweep()
    assert.deepEqual(await store.claim(['q'], 1), [])
    await worker.terminate()
    store.sweep()
    assert.deepEqual(envelopes(await store.claim(['q'], 1)), ['from a thread'])
    await store.close()
  })
})
