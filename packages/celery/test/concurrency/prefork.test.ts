import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createPool } from '../../src/concurrency/index.ts'
import { type PreforkOptions, PreforkPool } from '../../src/concurrency/prefork.ts'
import { ImproperlyConfigured, Terminated, WorkerLostError } from '../../src/exceptions.ts'
import { RecordingLogger } from '../recording-logger.ts'
import { FileGate } from './file-gate.ts'
import { jobOf } from './jobs.ts'
import { describePool } from './pool-conformance.ts'

const unnoticed = () => undefined
const moduleNamed = (name: string) => join(import.meta.dirname, name)
const options = (overrides: Partial<PreforkOptions> = {}): PreforkOptions => ({
  limit: 2,
  appModule: moduleNamed('pool-tasks.ts'),
  settings: {},
  env: process.env,
  cancelWaitMs: 100,
  logger: new RecordingLogger(),
  ...overrides,
})

describePool('prefork', 2, async () => new PreforkPool(options()))

describe('the prefork pool', { timeout: 60_000 }, () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'celery-prefork-'))
  })
  after(() => rm(folder, { recursive: true }))

  const start = async (overrides: Partial<PreforkOptions> = {}) => {
    const logger = new RecordingLogger()
    const pool = new PreforkPool(options({ logger, ...overrides }))
    await pool.start()
    return {
      pool,
      logger,
      async [Symbol.asyncDispose]() {
        await pool.terminate()
        assert.deepEqual(pool.info.processes, [])
      },
    }
  }

  it('runs jobs in processes of their own', async () => {
    await using started = await start()
    const pids = new Set<number>()
    const jobs = ['own-1', 'own-2'].map((name) => {
      void new FileGate(folder, name).entered().then(() => new FileGate(folder, name).open())
      return started.pool.run(jobOf('pass', folder, name), ({ pid }) => pids.add(pid))
    })
    await Promise.all(jobs)
    assert.deepEqual([...pids].toSorted(), [...started.pool.info.processes].toSorted())
    assert.ok(!pids.has(process.pid))
  })

  for (const [task, args, how] of [
    ['die', ['SIGKILL'], 'signal SIGKILL'],
    ['exit', [3], 'exitcode 3'],
    ['crash', [], 'exitcode 1'],
  ] as const) {
    it(`tells that a job lost its child (${how}), and puts another in its place`, async () => {
      await using started = await start({ limit: 1 })
      const [before] = started.pool.info.processes
      await assert.rejects(
        started.pool.run(jobOf(task, ...args), unnoticed),
        (error) => error instanceof WorkerLostError && error.message === `Worker exited prematurely: ${how}.`,
      )
      const outcome = await started.pool.run(jobOf('add', 1, 1), unnoticed)
      assert.equal(outcome.kind, 'success')
      await started.logger.said(/took the place of one that ended/)
      assert.notEqual(started.pool.info.processes[0], before)
    })
  }

  it('replaces a child that died while it had nothing to do', async () => {
    await using started = await start({ limit: 1 })
    process.kill(Number(started.pool.info.processes[0]), 'SIGKILL')
    await started.logger.said(/took the place of one that ended/)
    assert.equal((await started.pool.run(jobOf('add', 1, 1), unnoticed)).kind, 'success')
  })

  it('ends a job that does not give up, and goes on', async () => {
    await using started = await start({ limit: 1 })
    const job = jobOf('spin', folder, 'spin')
    const rejected = assert.rejects(
      started.pool.run(job, unnoticed),
      (error) => error instanceof Terminated && error.message === 'SIGTERM',
    )
    await new FileGate(folder, 'spin').entered()
    assert.equal(started.pool.cancel(job.id, 'SIGTERM'), true)
    await rejected
    assert.equal((await started.pool.run(jobOf('add', 1, 1), unnoticed)).kind, 'success')
  })

  it('kills a job that has a handler for the signal and never hears it', async () => {
    await using started = await start({ limit: 1 })
    const job = jobOf('spin', folder, 'deaf', 'SIGTERM')
    const rejected = assert.rejects(started.pool.run(job, unnoticed), Terminated)
    await new FileGate(folder, 'deaf').entered()
    started.pool.cancel(job.id, 'SIGTERM')
    await rejected
  })

  it('does not start when a child cannot import the app, and says why', async () => {
    for (const [name, reason] of [
      ['unfit-app.ts', /unfit-app\.ts cannot be imported: Error: this module has a fault of its own/],
      ['no-app.ts', /no-app\.ts exports no Celery app. Export the one to use as 'app'/],
      ['missing.ts', /missing\.ts cannot be imported/],
    ] as const) {
      const pool = new PreforkPool(options({ appModule: moduleNamed(name) }))
      await assert.rejects(
        pool.start(),
        (error) => error instanceof ImproperlyConfigured && reason.test(error.message),
      )
      assert.deepEqual(pool.info.processes, [])
    }
  })

  it('needs the path of the app’s module', async () => {
    const { limit, settings, env, cancelWaitMs, logger } = options()
    const run = () => assert.fail('nothing runs here')
    const made = createPool('prefork', {
      limit,
      settings,
      env,
      cancelWaitMs,
      logger,
      run,
      appModule: undefined,
    })
    await assert.rejects(made, /Name it with 'appModule', or take the pool 'async'/)
  })

  it('gives its children the settings, the environment and the imports of the worker', async () => {
    const path = join(folder, 'more-tasks.mjs')
    await writeFile(
      path,
      `import { app } from ${JSON.stringify(moduleNamed('pool-tasks.ts'))}\napp.task('imported', () => 'yes')`,
    )
    await using started = await start({
      limit: 1,
      settings: { taskDefaultQueue: 'own', imports: [path] },
      env: { ...process.env, GIVEN: 'hello' },
    })
    const looked = await started.pool.run(jobOf('look', 'GIVEN'), unnoticed)
    assert.ok(looked.kind === 'success' && looked.repr === "['own', 'hello']")
    const imported = await started.pool.run(jobOf('imported'), unnoticed)
    assert.ok(imported.kind === 'success' && imported.repr === "'yes'")
  })

  it('leaves no child behind when its own process is killed', async () => {
    const owner = spawn(process.execPath, [moduleNamed('pool-owner.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(owner.stdout, 'data')
    owner.kill('SIGKILL')
    await once(owner, 'close') // the children have the other end of its stdout, too
  })
})
