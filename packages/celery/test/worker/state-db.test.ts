import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { LamportClock } from '@voice-pocket/kombu'
import { ImproperlyConfigured, TaskRevokedError, type WorkerOptions } from '../../src/index.ts'
import { silentLogger } from '../../src/logger.ts'
import { Revocations } from '../../src/worker/revocations.ts'
import { StateDb } from '../../src/worker/state-db.ts'
import { memoryApp } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'
import { temporaryFolder } from '../temporary-folder.ts'

async function onFile(t: TestContext, most = 10, expiresMs = 60_000) {
  const path = join(await temporaryFolder(t), 'worker.state')
  const limits = { most, expiresMs }
  const open = (clock = new LamportClock()) => {
    const revocations = new Revocations(limits)
    const database = new StateDb(path, { limits, clock, logger: silentLogger })
    t.after(() => database.close(revocations))
    database.load(revocations)
    return { database, revocations, clock }
  }
  return { path, open }
}

describe('the state of a worker', () => {
  it('has what was revoked for whoever opens it next, also when it was not closed', async (t) => {
    const { open } = await onFile(t)
    const killed = open()
    killed.revocations.add('a')
    killed.revocations.addStamps('customer', ['x', 7])
    const { revocations } = open()
    assert.deepEqual(revocations.ids, ['a'])
    assert.deepEqual([...revocations.times], [...killed.revocations.times])
    for (const [value, expected] of [
      ['x', true],
      [7, true],
      ['7', false],
    ] as const)
      assert.equal(revocations.hasStamps({ customer: value }), expected)
  })

  it('keeps the newest of what was revoked, and drops what has expired', async (t) => {
    const { open } = await onFile(t, 2, 10_000)
    const first = open()
    first.revocations.add('expired', Date.now() - 20_000)
    first.database.close(first.revocations)
    const second = open()
    assert.deepEqual(second.revocations.ids, [])
    second.revocations.addAll(new Map(['a', 'b', 'c'].map((id, index) => [id, Date.now() + index])))
    assert.deepEqual(open().revocations.ids, ['b', 'c'])
  })

  it('has the clock', async (t) => {
    const { open } = await onFile(t)
    const { database, revocations } = open(new LamportClock(40))
    database.close(revocations)
    database.close(revocations)
    assert.equal(open().clock.value, 42)
  })

  it('cannot be a file of something else', async (t) => {
    const { path, open } = await onFile(t)
    await writeFile(path, 'a shelf of Python’s'.repeat(200))
    assert.throws(open, (error) => error instanceof ImproperlyConfigured && error.message.includes(path))
  })
})

describe('a worker with a state file', { timeout: 120_000 }, () => {
  it('remembers over a restart what was revoked, by id and by stamp', async (t) => {
    const folder = await temporaryFolder(t)
    const app = memoryApp(t, { workerStateDb: join(folder, '%n.state') })
    let runs = 0
    const task = app.task('t', () => ++runs)
    const options: WorkerOptions = { hostname: 'w1@test' }
    const id = randomUUID()
    const first = await RunningWorker.start(app, options)
    const revoked = app.control.revoke(id, { reply: true, limit: 1, timeout: 20 })
    await revoked
    await app.control.revokeByStampedHeaders({ customer: ['x'] }, { reply: true, limit: 1, timeout: 20 })
    await first.worker.stop()
    await using second = await RunningWorker.start(app, options)
    assert.deepEqual(second.worker.state.revoked.ids, [id])
    const byId = await task.applyAsync({ taskId: id })
    const byStamp = await task.applyAsync({ stamps: { customer: 'x' } })
    for (const result of [byId, byStamp]) await assert.rejects(result.get({ timeout: 20 }), TaskRevokedError)
    assert.equal(runs, 0)
    assert.equal(second.worker.stateDb, join(folder, 'w1.state'))
  })
})
