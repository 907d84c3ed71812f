import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createClient } from '@redis/client'
import { CeleryProcess } from '../bin/celery-process.ts'
import { queueSize } from '../memory-app.ts'
import { type BrokerName, Ground, redis, skipWithout } from './border.ts'
import { createClusterApp, hashes, TASKS_IN_CANVASES, valuesOf } from './cluster-app.ts'
import { PythonClient, PythonWorker } from './python-processes.ts'

/** Half of them are sent from Python, half by us. */
const CALLS = 10_000
const CANVASES = 1_000
const [halfOfCalls, halfOfCanvases] = [CALLS / 2, CANVASES / 2]

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)
const sums = upTo(halfOfCalls).map((n) => n + 1)
const canvasValues = upTo(halfOfCanvases / 4).flatMap(valuesOf)

/** Two workers of Python Celery and two of ours on one queue, and a client of each. */
class Cluster {
  readonly ground: Ground
  readonly client: PythonClient
  readonly ours: ReturnType<typeof createClusterApp>
  readonly #pythonWorkers: readonly PythonWorker[]
  readonly #ourWorkers: readonly CeleryProcess[]
  #ending: Promise<readonly unknown[]> | undefined

  constructor(broker: BrokerName) {
    const ground = new Ground(broker, { resultExpires: 300 })
    const { run, ours: queue, settings, prefix } = ground
    const python = { ...ground.python, variables: { ...ground.python.variables, QUEUE: queue } }
    const options = { settings, redisUrl: redis.value, prefix }
    const env = { ...process.env, CLUSTER: JSON.stringify(options) }
    const app = join(import.meta.dirname, 'cluster-app.ts')
    const worker = ['worker', '-l', 'info', '-Q', queue]
    this.ground = ground
    this.ours = createClusterApp(options)
    this.client = new PythonClient(python, 'cluster_tasks.py')
    this.#pythonWorkers = ['python1', 'python2'].map(
      (name) =>
        new PythonWorker(python, queue, `${name}@${run}`, {
          ...{ module: 'cluster_tasks', pool: 'prefork', concurrency: 2 },
        }),
    )
    this.#ourWorkers = [
      new CeleryProcess([...worker, '-P', 'prefork', '-c', '2', '-n', `ours1@${run}`], { app, env }),
      new CeleryProcess([...worker, '-P', 'async', '-c', '8', '-n', `ours2@${run}`], { app, env }),
    ]
  }

  async ready(): Promise<void> {
    await Promise.all([
      ...this.#pythonWorkers.map((worker) => worker.ready()),
      ...this.#ourWorkers.map((worker) => worker.said(/ ready\./)),
    ])
  }

  /** Warm; gives the exit codes of ours. */
  endWorkers(): Promise<readonly unknown[]> {
    this.#ending ??= this.#endWorkers()
    return this.#ending
  }

  async close(): Promise<void> {
    await this.endWorkers()
    await this.client.end()
    await this.ours.app.close()
    await this.ground.forget()
  }

  async #endWorkers(): Promise<readonly unknown[]> {
    for (const worker of this.#ourWorkers) worker.kill('SIGTERM')
    await Promise.all(this.#pythonWorkers.map((worker) => worker.end()))
    return Promise.all(this.#ourWorkers.map((worker) => worker.ended()))
  }
}

for (const broker of ['RabbitMQ', 'Redis'] as const) {
  describe(`two workers of Python Celery and two of ours over ${broker}`, {
    skip: skipWithout(broker),
    timeout: 180_000,
  }, () => {
    let cluster: Cluster

    before(async () => {
      cluster = new Cluster(broker)
      await cluster.ready()
    })
    after(() => cluster.close())

    it('run ten thousand calls of both clients, and each has its value', async () => {
      const { client, ours } = cluster
      const theirs = client.ask('send_calls', { count: halfOfCalls })
      const results = await Promise.all(upTo(halfOfCalls).map((n) => ours.add.delay(n, 1)))
      await theirs
      const values = await Promise.all(results.map((result) => result.get({ timeout: 90 })))
      assert.deepEqual(values, sums)
      assert.deepEqual((await client.ask('get')).answer, sums)
    })

    it('run a thousand canvases of both clients, parts of one anywhere, and each has its value', async () => {
      const { client, ours } = cluster
      const theirs = client.ask('send_canvases', { count: halfOfCanvases })
      const canvases = upTo(halfOfCanvases / 4).flatMap(ours.canvases)
      const results = await Promise.all(canvases.map((canvas) => canvas.applyAsync()))
      await theirs
      const values = await Promise.all(results.map((result) => result.get({ timeout: 90 })))
      assert.deepEqual(values, canvasValues)
      assert.deepEqual((await client.ask('get')).answer, canvasValues)
    })

    it('ran nothing twice, left nothing out, and all four of them took part', async () => {
      assert.deepEqual(await cluster.endWorkers(), [0, 0])
      const { run, prefix } = cluster.ground
      const names = hashes(prefix)
      const store = await createClient({ url: redis.value }).connect()
      const runs = Object.values(await store.hGetAll(names.runs))
      const workers = await store.hGetAll(names.workers)
      store.destroy()
      assert.equal(runs.length, CALLS + (CANVASES / 4) * TASKS_IN_CANVASES)
      assert.deepEqual(new Set(runs), new Set(['1']))
      const everybody = ['ours1', 'ours2', 'python1', 'python2'].map((name) => `${name}@${run}`)
      assert.deepEqual(Object.keys(workers).sort(), everybody)
      assert.equal(await queueSize(cluster.ours.app, cluster.ground.ours), 0)
    })
  })
}
