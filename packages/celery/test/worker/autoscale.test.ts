import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type AutoscaleRange, Autoscaler, ImproperlyConfigured, type Pool } from '../../src/index.ts'
import { silentLogger } from '../../src/logger.ts'
import { asked, NODE } from '../control/asked.ts'
import { memoryApp } from '../memory-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'
import { temporaryFolder } from '../temporary-folder.ts'

function scaling(range: AutoscaleRange, keepaliveMs = 0) {
  const pool = {
    limit: range.min,
    resize(limit: number) {
      pool.limit = limit
    },
  }
  let demand = 0
  const parts = {
    ...range,
    pool: pool as unknown as Pool,
    keepaliveMs,
    demand: () => demand,
    logger: silentLogger,
  }
  const autoscaler = new Autoscaler(parts)
  const scaled = (wanted: number) => {
    demand = wanted
    autoscaler.maybeScale()
    return pool.limit
  }
  return { autoscaler, pool, scaled }
}

describe('an autoscaler', () => {
  it('follows the demand between its bounds', () => {
    const { scaled, autoscaler } = scaling({ max: 3, min: 1 }, -1)
    assert.deepEqual([0, 2, 9, 1, 0].map(scaled), [1, 2, 3, 1, 1])
    assert.deepEqual(autoscaler.info, { max: 3, min: 1, current: 1, qty: 0 })
  })

  it('does not shrink soon after it grew', () => {
    const { scaled } = scaling({ max: 3, min: 0 }, 60_000)
    assert.deepEqual([3, 0].map(scaled), [3, 3])
  })

  it('takes other bounds, which the pool has at once, and none that cannot be', () => {
    const { autoscaler, pool, scaled } = scaling({ max: 3, min: 0 })
    scaled(3)
    assert.deepEqual(autoscaler.update({ max: 2 }), { max: 2, min: 0 })
    assert.equal(pool.limit, 2)
    autoscaler.update({ max: 9, min: 5 })
    assert.equal(pool.limit, 5)
    assert.throws(() => autoscaler.update({ max: 4 }), /cannot scale between 5 and 4/)
    assert.deepEqual([autoscaler.max, pool.limit], [9, 5])
  })
})

describe('a worker that scales', { timeout: 120_000 }, () => {
  it('grows with its tasks, says so, and is told other bounds by remote control', async (t) => {
    const app = memoryApp(t)
    const gate = new Gate()
    const task = app.task('t', () => gate.pass())
    await using running = await RunningWorker.start(app, { hostname: NODE, autoscale: { max: 3, min: 0 } })
    assert.deepEqual([running.worker.pool.limit, running.worker.consumer.prefetchCount], [0, 12])
    const results = [await task.delay(), await task.delay()]
    await running.logger.said(/Scaling up 1 processes/, 2)
    await gate.entered
    const { autoscaler } = (await asked(app, 'stats')) as { autoscaler: unknown }
    assert.deepEqual(autoscaler, { max: 3, min: 0, current: 2, qty: 2 })
    assert.deepEqual(await asked(app, 'autoscale', { max: 10, min: 4 }), { ok: 'autoscale now max=10 min=4' })
    assert.deepEqual([running.worker.pool.limit, running.worker.consumer.prefetchCount], [4, 40])
    for (const verb of ['grow', 'shrink']) {
      assert.deepEqual(await asked(app, `pool_${verb}`), {
        error: `pool_${verb} is not supported with autoscale. Adjust autoscale range instead.`,
      })
    }
    gate.open()
    for (const result of results) await result.get({ timeout: 20 })
  })

  it('grows also for what waits when it starts', async (t) => {
    const app = memoryApp(t)
    const result = await app.task('t', () => 1).delay()
    await using _running = await RunningWorker.start(app, { autoscale: { max: 3, min: 0 } })
    assert.equal(await result.get({ timeout: 20 }), 1)
  })

  it('shrinks when it has had less to do for a while', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', () => 1)
    const env = { ...process.env, AUTOSCALE_KEEPALIVE: '0.05' }
    await using running = await RunningWorker.start(app, { autoscale: { max: 3, min: 1 }, env })
    await Promise.all(
      [task.delay(), task.delay(), task.delay()].map(async (sent) => (await sent).get({ timeout: 20 })),
    )
    await running.logger.said(/Scaling down/)
    assert.equal(running.worker.pool.limit, 1)
  })

  it('may scale by a class of its own', async (t) => {
    const path = join(await temporaryFolder(t), 'eager.mjs')
    const source = join(import.meta.dirname, '../../src/index.ts')
    await writeFile(
      path,
      `import { Autoscaler as Base } from '${source}'
      export class Autoscaler extends Base { maybeScale() { this.scaleTo(this.max) } }`,
    )
    const app = memoryApp(t, { workerAutoscaler: path })
    const task = app.task('t', () => 1)
    await using running = await RunningWorker.start(app, { autoscale: { max: 3, min: 1 } })
    await (await task.delay()).get({ timeout: 20 })
    assert.equal(running.worker.pool.limit, 3)
  })

  it('does not start with bounds that cannot be', async (t) => {
    const worker = await memoryApp(t).worker({ autoscale: { max: 1, min: 2 } })
    await assert.rejects(worker.start(), ImproperlyConfigured)
  })
})
