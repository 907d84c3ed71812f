/** A worker of ours beside one of Python’s: what remote control says of their pools, and how they end. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ShutdownSequence } from '../../src/bin/shutdown-sequence.ts'
import type { Celery } from '../../src/index.ts'
import { RunningWorker } from '../running-worker.ts'
import { Ground, skipWithout } from './border.ts'
import { createApp } from './interop-app.ts'
import { PythonWorker } from './python-processes.ts'

describe('a worker that scales, ours and Python’s', { skip: skipWithout('Redis'), timeout: 120_000 }, () => {
  let ground: Ground
  let app: Celery
  let ours: RunningWorker
  let theirs: PythonWorker
  let names: readonly string[]

  before(async () => {
    ground = new Ground('Redis')
    names = [`ours@${ground.run}`, `theirs@${ground.run}`]
    const [ourName = '', theirName = ''] = names
    app = createApp({ ...ground.settings, workerPool: 'async' })
    theirs = new PythonWorker(ground.python, ground.theirs, theirName, {
      pool: 'prefork',
      options: ['--autoscale=3,1'],
    })
    ours = await RunningWorker.start(app, { hostname: ourName, autoscale: { max: 3, min: 1 } })
    await theirs.ready()
  })
  after(async () => {
    await ours.worker.terminate()
    await theirs.end('SIGKILL')
    await app.close()
    await ground.forget()
  })

  /** What the two say, ours first. */
  async function asked(command: string, args: Record<string, unknown> = {}): Promise<readonly unknown[]> {
    const options = { destination: names, arguments: args, limit: 2, timeout: 20 }
    const replies = Object.assign({}, ...(await app.control.request(command, options)))
    return names.map((name) => replies[name])
  }

  for (const [command, args] of [
    ['autoscale', { max: 6 }],
    ['autoscale', { max: 4, min: 2 }],
    ['pool_grow', { n: 1 }],
    ['pool_shrink', {}],
    ['pool_restart', {}],
  ] as const) {
    it(`says the same to ${command} ${JSON.stringify(args)}`, async () => {
      const [our, their] = await asked(command, args)
      assert.ok(their)
      assert.deepEqual(our, their)
    })
  }

  it('shows the same of it', async () => {
    type Stats = Record<'autoscaler' | 'prefetch_count', unknown>
    const [our, their] = ((await asked('stats')) as Stats[]).map((stats) => [
      stats.autoscaler,
      stats.prefetch_count,
    ])
    assert.deepEqual(our, [{ max: 4, min: 2, current: 2, qty: 0 }, 16])
    assert.deepEqual(their, our)
  })

  it('ends with the same exit code when it is interrupted', async () => {
    const sequence = new ShutdownSequence({ remapsSigterm: false })
    sequence.next('SIGINT')
    await theirs.end('SIGINT')
    assert.equal(theirs.exitCode, sequence.exitCode)
  })
})
