import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Job } from '../../src/concurrency/base.ts'
import type { ChildPool, ChildPoolOptions } from '../../src/concurrency/child-pool.ts'
import { createPool, type PoolName } from '../../src/concurrency/index.ts'
import { ImproperlyConfigured, Terminated, TimeLimitExceeded, WorkerLostError } from '../../src/exceptions.ts'
import { RecordingLogger } from '../recording-logger.ts'
import { FileGate } from './file-gate.ts'
import { jobOf } from './jobs.ts'
import { describePool } from './pool-conformance.ts'

const unnoticed = () => undefined
export const moduleNamed = (name: string) => join(import.meta.dirname, name)
export const options = (overrides: Partial<ChildPoolOptions> = {}): ChildPoolOptions => ({
  limit: 2,
  appModule: moduleNamed('pool-tasks.ts'),
  settings: {},
  modules: [],
  beforeSpawn() {},
  env: process.env,
  cancelWaitMs: 100,
  maxTasksPerChild: 0,
  maxMemoryPerChild: 0,
  logger: new RecordingLogger(),
  ...overrides,
})

/** A task that brings its child to an end, and how the pool hears of it. */
type Loss = readonly [task: string, args: readonly unknown[], how: string]

/** The suite of the pools whose tasks run in children. `losses` are the ways in which one can lose a child. */
export function describeChildren(
  name: PoolName,
  make: (options: ChildPoolOptions) => ChildPool,
  losses: readonly Loss[],
): void {
  describePool(name, 2, async () => make(options()))

  describe(`a pool of children: ${name}`, { timeout: 60_000 }, () => {
    let folder: string
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'celery-children-'))
    })
    after(() => rm(folder, { recursive: true }))

    const start = async (overrides: Partial<ChildPoolOptions> = {}) => {
      const logger = new RecordingLogger()
      const pool = make(options({ logger, limit: 1, ...overrides }))
      await pool.start()
      const run = async (job: string | Job, ...args: unknown[]) => {
        const outcome = await pool.run(typeof job === 'string' ? jobOf(job, ...args) : job, unnoticed)
        assert.ok(outcome.kind === 'success', JSON.stringify(outcome))
        return outcome.repr
      }
      return {
        pool,
        logger,
        run,
        async [Symbol.asyncDispose]() {
          await pool.terminate()
          assert.deepEqual(pool.info.processes, [])
        },
      }
    }

    it('runs each job in a child of its own', async () => {
      await using started = await start({ limit: 2 })
      const jobs = ['own-1', 'own-2'].map(async (gate) => {
        const passing = started.run('pass-who', folder, gate)
        await new FileGate(folder, gate).entered()
        return () => new FileGate(folder, gate).open().then(() => passing)
      })
      const children = await Promise.all((await Promise.all(jobs)).map((open) => open()))
      assert.equal(new Set(children).size, 2)
      assert.ok(!children.includes(`[${process.pid}, 0]`))
    })

    for (const [task, args, how] of losses) {
      it(`tells that a job lost its child (${how}), and puts another in its place`, async () => {
        await using started = await start({ env: { ...process.env, NODE_OPTIONS: '--no-warnings' } })
        const before = await started.run('who')
        await assert.rejects(
          started.pool.run(jobOf(task, ...args), unnoticed),
          (error) =>
            error instanceof WorkerLostError && error.message === `Worker exited prematurely: ${how}.`,
        )
        assert.notEqual(await started.run('who'), before)
        await started.logger.said(/has joined the pool/)
      })
    }

    it('has other children after a restart; a job that runs is not disturbed', async () => {
      await using started = await start()
      const before = await started.run('who')
      const passing = started.run('pass-who', folder, 'restarted')
      await new FileGate(folder, 'restarted').entered()
      started.pool.restart()
      await new FileGate(folder, 'restarted').open()
      assert.equal(await passing, before)
      assert.notEqual(await started.run('who'), before)
      await started.logger.said(/leaves the pool: the pool is restarted/)
    })

    it('ends a job that does not give up, and goes on', async () => {
      await using started = await start()
      const job = jobOf('spin', folder, 'spin')
      const rejected = assert.rejects(
        started.pool.run(job, unnoticed),
        (error) => error instanceof Terminated && error.message === 'SIGTERM',
      )
      await new FileGate(folder, 'spin').entered()
      assert.equal(started.pool.cancel(job.id, 'SIGTERM'), true)
      await rejected
      assert.equal(await started.run('add', 1, 1), '2')
    })

    it('ends a job that computes without a pause when its hard time limit has passed', async () => {
      await using started = await start()
      const job = { ...jobOf('spin', folder, 'late'), limits: { hard: 0.3, soft: 0.1 } }
      const before = await started.run('who')
      await assert.rejects(started.pool.run(job, unnoticed), TimeLimitExceeded)
      assert.notEqual(await started.run('who'), before)
    })

    it('replaces a child that has run as many tasks as it may', async () => {
      await using started = await start({ maxTasksPerChild: 2 })
      const children: string[] = []
      for (let index = 0; index < 5; index += 1) children.push(await started.run('who'))
      const [first, second, third, fourth, fifth] = children
      assert.deepEqual([second, fourth], [first, third])
      assert.equal(new Set([first, third, fifth]).size, 3)
      const { startedCount, memory } = started.pool.children
      assert.equal(startedCount, 3)
      assert.ok(memory > 0)
      await started.logger.said(/leaves the pool: it has run 2 of 2 tasks/, 2)
    })

    it('keeps all its slots while children are replaced', async () => {
      await using started = await start({ limit: 2, maxTasksPerChild: 1 })
      for (const round of [1, 2]) {
        const gates = [1, 2].map((index) => new FileGate(folder, `slot-${round}-${index}`))
        const runs = [1, 2].map((index) => started.run('pass', folder, `slot-${round}-${index}`))
        await Promise.all(gates.map((gate) => gate.entered()))
        await Promise.all(gates.map((gate) => gate.open()))
        await Promise.all(runs)
      }
    })

    it('replaces a child that uses more memory than it may, after its job', async () => {
      await using started = await start({ maxMemoryPerChild: 300 * 1024 })
      const before = await started.run('who')
      assert.equal(await started.run('hold', 1), before)
      assert.equal(await started.run('hold', 300), before)
      assert.notEqual(await started.run('who'), before)
      await started.logger.said(/leaves the pool: it uses \d{6} KiB of memory, and may use 307200/)
    })

    it('gives a job to the child that had its affinity key before, and waits for none that is busy', async () => {
      await using started = await start({ limit: 2 })
      const who = (key: string) => started.run({ ...jobOf('who'), affinity: [key] })
      const [a, b] = [await who('a'), await who('b')]
      assert.notEqual(a, b)
      assert.deepEqual([await who('a'), await who('b'), await who('b'), await who('a')], [a, b, b, a])
      const holding = started.run({ ...jobOf('pass-who', folder, `${name}-warm`), affinity: ['a'] })
      await new FileGate(folder, `${name}-warm`).entered()
      assert.equal(await who('a'), b)
      await new FileGate(folder, `${name}-warm`).open()
      assert.equal(await holding, a)
      const { affinityHits, affinityMisses } = started.pool.children
      assert.deepEqual([affinityHits, affinityMisses], [5, 3])
    })

    it('has as many children as it has slots, also when it grows and shrinks', async () => {
      await using started = await start({ limit: 2 })
      started.pool.resize(started.pool.limit + 2)
      await started.logger.said(/has joined the pool/, 2)
      started.pool.resize(started.pool.limit - 3)
      await started.logger.said(/leaves the pool: the pool has shrunk/, 3)
      const children = await Promise.all([1, 2, 3].map(() => started.run('who')))
      assert.equal(new Set(children).size, 1)
    })

    it('does not start when a child cannot import the app, and says why', async () => {
      for (const [module, reason] of [
        ['unfit-app.ts', /unfit-app\.ts cannot be imported: Error: this module has a fault of its own/],
        ['no-app.ts', /no-app\.ts exports no Celery app. Export the one to use as 'app'/],
        ['missing.ts', /missing\.ts cannot be imported/],
      ] as const) {
        const pool = make(options({ appModule: moduleNamed(module) }))
        await assert.rejects(
          pool.start(),
          (error) => error instanceof ImproperlyConfigured && reason.test(error.message),
        )
        assert.deepEqual(pool.info.processes, [])
      }
    })

    it('needs the path of the app’s module', async () => {
      const run = () => assert.fail('nothing runs here')
      const made = createPool(name, { ...options(), run, appModule: undefined })
      await assert.rejects(made, /Name it with 'appModule', or take the pool 'async'/)
    })

    it('gives its children the settings, the environment and the imports of the worker', async () => {
      const path = join(folder, `${name}-tasks.mjs`)
      await writeFile(
        path,
        `import { app } from ${JSON.stringify(moduleNamed('pool-tasks.ts'))}\napp.task('imported', () => 'yes')`,
      )
      await using started = await start({
        settings: { taskDefaultQueue: 'own', imports: [path] },
        env: { ...process.env, GIVEN: 'hello' },
      })
      assert.equal(await started.run('look', 'GIVEN'), "['own', 'hello']")
      assert.equal(await started.run('imported'), "'yes'")
    })
  })
}
