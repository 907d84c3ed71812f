import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { PreforkPool } from '../../src/concurrency/prefork.ts'
import { Terminated } from '../../src/exceptions.ts'
import { RecordingLogger } from '../recording-logger.ts'
import { describeChildren, moduleNamed, options } from './children-conformance.ts'
import { FileGate } from './file-gate.ts'
import { jobOf } from './jobs.ts'

const unnoticed = () => undefined

describeChildren('prefork', (options) => new PreforkPool(options), [
  ['die', ['SIGKILL'], 'signal SIGKILL'],
  ['exit', [3], 'exitcode 3'],
  ['crash', [], 'exitcode 1'],
])

describe('child processes', { timeout: 60_000 }, () => {
  it('are named by their ids', async () => {
    await using started = await start()
    const { pool } = started
    const pids = new Set<number>()
    await pool.run(jobOf('add', 1, 1), ({ pid }) => pids.add(pid))
    assert.deepEqual([...pids], pool.info.processes)
    assert.ok(!pids.has(process.pid))
  })

  it('are replaced also when they die with nothing to do', async () => {
    await using started = await start()
    const { pool, logger } = started
    process.kill(Number(pool.info.processes[0]), 'SIGKILL')
    await logger.said(/has joined the pool/)
    assert.equal((await pool.run(jobOf('add', 1, 1), unnoticed)).kind, 'success')
  })

  it('are killed when they have a handler for the signal and never hear it', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'celery-prefork-'))
    t.after(() => rm(folder, { recursive: true }))
    await using started = await start()
    const { pool } = started
    const job = jobOf('spin', folder, 'deaf', 'SIGTERM')
    const rejected = assert.rejects(pool.run(job, unnoticed), Terminated)
    await new FileGate(folder, 'deaf').entered()
    pool.cancel(job.id, 'SIGTERM')
    await rejected
  })

  it('do not outlive their own process when it is killed', async () => {
    const owner = spawn(process.execPath, [moduleNamed('pool-owner.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(owner.stdout, 'data')
    owner.kill('SIGKILL')
    await once(owner, 'close') // the children have the other end of its stdout, too
  })
})

describe('a child process that computes without a pause', { timeout: 60_000 }, () => {
  it('does not outlive its pool when that is killed', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'celery-prefork-'))
    t.after(() => rm(folder, { recursive: true }))
    const owner = spawn(process.execPath, [moduleNamed('pool-owner.ts'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    owner.stdout.resume()
    await new FileGate(folder, 'spin').entered()
    owner.kill('SIGKILL')
    await once(owner, 'close') // the children have the other end of its stdout, too
  })
})

/** A started pool of one child; ended with its scope. */
async function start() {
  const logger = new RecordingLogger()
  const pool = new PreforkPool(options({ limit: 1, logger }))
  await pool.start()
  return { pool, logger, [Symbol.asyncDispose]: () => pool.terminate() }
}
