import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SoftTimeLimitExceeded, TimeLimitExceeded } from '../../../src/index.ts'
import type { Border } from '../border.ts'
import { reached } from './reached.ts'

type Described = Readonly<Record<string, string>>

export function controlCrosses(at: () => Border): void {
  describe('remote control', () => {
    it('of both workers answers both clients', async () => {
      const destination = [at().theirName, at().ourName]
      const pong = { [at().theirName]: { ok: 'pong' }, [at().ourName]: { ok: 'pong' } }
      const { replies } = await at().client.ask('ping', { destination, limit: 2 })
      assert.deepEqual(Object.assign({}, ...(replies as object[])), pong)
      const ours = await at().app.control.ping({ destination, limit: 2, timeout: 30 })
      assert.deepEqual(Object.assign({}, ...ours), pong)
    })

    it('by Python keeps a task from running in our worker', async () => {
      const id = await at().toOurs('js.add', { args: [1, 2], countdown: 600 })
      await at().running.logger.said(new RegExp(`${id}.*received`))
      await at().client.ask('revoke', { task_id: id, terminate: false, destination: [at().ourName] })
      const { state, error } = await at().client.ask('get', { task_id: id })
      assert.deepEqual([state, (error as Described).text], ['REVOKED', 'revoked'])
    })

    it('by us keeps a task from running in Python’s worker', async () => {
      const held = await at().toTheirs('py.add', { args: [1, 2], countdown: 600 })
      await held.revoke()
      await assert.rejects(held.get({ timeout: 30 }), { name: 'TaskRevokedError', message: 'revoked' })
    })

    it('by Python terminates a task in our worker', async () => {
      const id = await at().toOurs('js.spin')
      await reached(at().app.asyncResult(id), 'STARTED')
      await at().client.ask('revoke', { task_id: id, signal: 'KILL', destination: [at().ourName] })
      const { state, error } = await at().client.ask('get', { task_id: id })
      assert.deepEqual([state, (error as Described).text], ['REVOKED', 'terminated'])
    })

    it('by us terminates tasks in Python’s worker', async () => {
      const spinning = [await at().toTheirs('py.spin'), await at().toTheirs('py.spin')]
      await Promise.all(spinning.map((result) => reached(result, 'STARTED'))) // in both of its processes
      const ids = spinning.map(({ id }) => id)
      await at().app.control.revoke(ids, { terminate: true, signal: 'SIGKILL' })
      for (const result of spinning)
        await assert.rejects(result.get({ timeout: 30 }), { name: 'TaskRevokedError' })
      assert.equal(await at().getFromTheirs('py.add', { args: [1, 2] }), 3)
    })
  })

  describe('a time limit', () => {
    it('that Python sets ends a task in our worker', async () => {
      const { state, error } = await at().getFromOurs('js.spin', { time_limit: 0.5 })
      const { class: name, module } = error as Described
      assert.deepEqual([state, name, module], ['FAILURE', 'TimeLimitExceeded', 'billiard.exceptions'])
      assert.deepEqual(await at().getFromOurs('js.add', { args: [1, 2] }), { value: 3 })
    })

    it('that Python sets softly can be caught in our worker, and by Python', async () => {
      const limits = { soft_time_limit: 0.2, time_limit: 30 }
      assert.deepEqual(await at().getFromOurs('js.catch_soft_limit', limits), { value: 'caught' })
    })

    it('that we set ends a task in Python’s worker', async () => {
      await assert.rejects(at().getFromTheirs('py.spin', { timeLimit: 1 }), TimeLimitExceeded)
      assert.equal(await at().getFromTheirs('py.add', { args: [1, 2] }), 3)
    })

    it('that we set softly is raised in Python’s worker, where it can be caught, and here', async () => {
      const limits = { softTimeLimit: 1, timeLimit: 30 }
      assert.equal(await at().getFromTheirs('py.catch_soft_limit', limits), 'caught')
      await assert.rejects(at().getFromTheirs('py.spin', limits), SoftTimeLimitExceeded)
    })
  })
}
