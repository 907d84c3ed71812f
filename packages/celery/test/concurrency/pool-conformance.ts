import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Accepted, Job, Pool } from '../../src/concurrency/base.ts'
import { Terminated, TimeLimitExceeded } from '../../src/exceptions.ts'
import { FileGate } from './file-gate.ts'
import { jobOf } from './jobs.ts'

const unnoticed = () => undefined

/** The one suite for every pool: what a worker may rely on, wherever its tasks run. `limit` is what `make` gives it. */
export function describePool(name: string, limit: number, make: () => Promise<Pool>): void {
  describe(`${name} as a pool`, { timeout: 60_000 }, () => {
    let folder: string
    let gates = 0
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'celery-pool-'))
    })
    after(() => rm(folder, { recursive: true }))

    /** A started pool; ended with its scope. */
    const start = async () => {
      const pool = await make()
      await pool.start()
      return { pool, [Symbol.asyncDispose]: () => pool.terminate() }
    }
    /** A job that waits, and what it waits at. */
    const waiting = (task = 'pass'): { job: Job; gate: FileGate } => {
      gates += 1
      return { job: jobOf(task, folder, `gate-${gates}`), gate: new FileGate(folder, `gate-${gates}`) }
    }
    /** As many running jobs as the pool has slots. */
    const fill = async (pool: Pool) => {
      const jobs = Array.from({ length: limit }, () => waiting())
      const outcomes = jobs.map(({ job }) => pool.run(job, unnoticed))
      await Promise.all(jobs.map(({ gate }) => gate.entered()))
      return { jobs, outcomes, open: () => Promise.all(jobs.map(({ gate }) => gate.open())) }
    }

    it('runs a job and says what came of it', async () => {
      await using started = await start()
      const accepted: Accepted[] = []
      const outcome = await started.pool.run(jobOf('add', 2, 3), (one) => accepted.push(one))
      assert.ok(outcome.kind === 'success' && outcome.repr === '5', JSON.stringify(outcome))
      assert.ok(started.pool.info.processes.includes(Number(accepted[0]?.pid)))
      assert.equal(accepted.length, 1)
      assert.equal(started.pool.limit, limit)
      assert.equal(started.pool.info['max-concurrency'], limit)
    })

    it('says how a task failed', async () => {
      await using started = await start()
      const outcome = await started.pool.run(jobOf('fail', 'too far'), unnoticed)
      assert.ok(outcome.kind === 'failure')
      assert.deepEqual([outcome.error.name, outcome.error.message], ['RangeError', 'too far'])
      assert.match(outcome.error.traceback, /pool-tasks\.ts/)
    })

    it('says when it does not know the task', async () => {
      await using started = await start()
      const outcome = await started.pool.run(jobOf('no.such'), unnoticed)
      assert.ok(outcome.kind === 'failure' && outcome.error.name === 'NotRegistered')
    })

    it('accepts nothing that cannot be read', async () => {
      await using started = await start()
      const job = jobOf('add', 2, 3)
      const payload = { ...job.wire.payload, body: Buffer.from('[[2,') }
      const accepted: Accepted[] = []
      const outcome = await started.pool.run({ ...job, wire: { ...job.wire, payload } }, (one) =>
        accepted.push(one),
      )
      assert.ok(outcome.kind === 'undecodable')
      assert.match(outcome.reason, /not valid JSON/)
      assert.equal(accepted.length, 0)
    })

    it('runs as many at once as it has slots; the others wait, in order', async () => {
      await using started = await start()
      const { outcomes, open } = await fill(started.pool)
      const accepted: number[] = []
      const later = [0, 1, 2, 3].map((index) =>
        started.pool.run(jobOf('add', index, 0), () => accepted.push(index)),
      )
      assert.deepEqual(accepted, [])
      await open()
      await Promise.all([...outcomes, ...later])
      if (limit === 1) assert.deepEqual(accepted, [0, 1, 2, 3])
      else assert.deepEqual(accepted.toSorted(), [0, 1, 2, 3])
    })

    it('takes a job back that has not begun', async () => {
      await using started = await start()
      const { outcomes, open } = await fill(started.pool)
      const { job } = waiting()
      const outcome = started.pool.run(job, () => assert.fail('it was begun'))
      assert.equal(started.pool.cancel(job.id, 'SIGTERM'), true)
      assert.deepEqual(await outcome, { kind: 'cancelled' })
      assert.equal(started.pool.cancel(job.id, 'SIGTERM'), false)
      await open()
      await Promise.all(outcomes)
    })

    it('asks a job that runs to give up', async () => {
      await using started = await start()
      const { job, gate } = waiting('listen')
      const outcome = started.pool.run(job, unnoticed)
      await gate.entered()
      assert.equal(started.pool.cancel(job.id, 'SIGTERM'), true)
      assert.deepEqual(await outcome, { kind: 'cancelled' })
      const next = await started.pool.run(jobOf('add', 1, 1), unnoticed)
      assert.equal(next.kind, 'success')
    })

    it('tells a job when its soft time limit has passed, which it lets out or catches', async () => {
      await using started = await start()
      const limits = { hard: undefined, soft: 0.05 }
      const { job } = waiting('listen')
      const uncaught = await started.pool.run({ ...job, limits }, unnoticed)
      assert.ok(uncaught.kind === 'failure' && uncaught.error.name === 'SoftTimeLimitExceeded')
      const caught = await started.pool.run({ ...jobOf('catch'), limits }, unnoticed)
      assert.ok(caught.kind === 'success' && caught.repr === "'caught after 0.05'")
    })

    it('ends a job whose hard time limit has passed, and goes on', async () => {
      await using started = await start()
      const jobs = Array.from({ length: limit }, () => waiting())
      const limits = { hard: 0.05, soft: undefined }
      const outcomes = jobs.map(({ job }) => started.pool.run({ ...job, limits }, unnoticed))
      const isLate = (error: unknown) => error instanceof TimeLimitExceeded && error.seconds === 0.05
      await Promise.all(outcomes.map((outcome) => assert.rejects(outcome, isLate)))
      const { outcomes: next, open } = await fill(started.pool)
      await open()
      assert.deepEqual(new Set((await Promise.all(next)).map(({ kind }) => kind)), new Set(['success']))
      await Promise.all(jobs.map(({ gate }) => gate.open()))
    })

    it('counts neither the time before a job begins nor that after it has ended', async () => {
      await using started = await start()
      const listening = () => ({ ...waiting('listen').job, limits: { hard: undefined, soft: 0.5 } })
      const quick = (index: number) => ({ ...jobOf('add', index, 0), limits: { hard: 0.4, soft: 0.3 } })
      const all = (jobs: Job[]) => Promise.all(jobs.map((job) => started.pool.run(job, unnoticed)))
      const slots = Array.from({ length: limit }, (_, index) => index)
      const outcomes = await all([...slots.map(listening), ...slots.map(quick), ...slots.map(listening)])
      const errors = outcomes.map((outcome) => outcome.kind === 'failure' && outcome.error.name)
      const soft = slots.map(() => 'SoftTimeLimitExceeded')
      assert.deepEqual(errors, [...soft, ...slots.map(() => false), ...soft])
    })

    it('that is closed finishes what runs and takes nothing else', async () => {
      await using started = await start()
      const { outcomes, open } = await fill(started.pool)
      const rejected = assert.rejects(started.pool.run(jobOf('add', 1, 1), unnoticed), Terminated)
      started.pool.close()
      started.pool.close()
      await rejected
      await assert.rejects(started.pool.run(jobOf('add', 1, 1), unnoticed), Terminated)
      await open()
      assert.deepEqual(new Set((await Promise.all(outcomes)).map(({ kind }) => kind)), new Set(['success']))
    })

    it('stops when every job has ended', async () => {
      await using started = await start()
      const { outcomes, open } = await fill(started.pool)
      let hasStopped = false
      const stopping = started.pool.stop().then(() => {
        hasStopped = true
      })
      await new Promise(setImmediate)
      assert.equal(hasStopped, false)
      await open()
      await Promise.all(outcomes)
      await stopping
      await started.pool.stop()
    })

    it('ends every job at once when it is terminated, also while it stops', async () => {
      await using started = await start()
      const { outcomes, open } = await fill(started.pool)
      const rejected = Promise.all(outcomes.map((outcome) => assert.rejects(outcome, Terminated)))
      const stopping = started.pool.stop()
      await started.pool.terminate()
      await started.pool.terminate()
      await rejected
      await stopping
      await open()
    })

    const growsAndShrinks = async () => {
      await using started = await start()
      const { pool } = started
      const { jobs, outcomes, open } = await fill(pool)
      const more = waiting()
      const outcome = pool.run(more.job, unnoticed)
      pool.resize(limit + 1)
      await more.gate.entered()
      assert.equal(pool.limit, limit + 1)
      pool.resize(1)
      assert.deepEqual([pool.limit, pool.info['max-concurrency']], [1, 1])
      assert.throws(() => pool.resize(-1), /A pool has a whole number of slots, 0 or more; it cannot have -1/)
      const accepted: number[] = []
      const later = [0, 1, 2].map((index) => pool.run(jobOf('add', index, 0), () => accepted.push(index)))
      await Promise.all(jobs.map(({ gate }) => gate.open()))
      await Promise.all(outcomes)
      assert.deepEqual(accepted, []) // the job that is left has the only slot
      await more.gate.open()
      await Promise.all([outcome, ...later, open()])
      assert.deepEqual(accepted, [0, 1, 2])
    }
    if (limit > 1) it('grows while it is full, and shrinks again', growsAndShrinks)

    it('can be ended before it was started', async () => {
      const pool = await make()
      await pool.stop()
      await pool.terminate()
    })
  })
}
