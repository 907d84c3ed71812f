import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Border } from '../border.ts'

export function resultsCross(at: () => Border): void {
  describe('a record', () => {
    it('of our worker tells Python everything that result_extended keeps', async () => {
      const id = await at().toOurs('js.add', { args: [2], kwargs: { y: 3 } })
      await at().client.ask('get', { task_id: id })
      assert.deepEqual(await at().client.ask('info', { task_id: id }), {
        ...{ state: 'SUCCESS', result: 5, traceback: null, done: true, children: [] },
        ...{ name: 'js.add', args: [2], kwargs: { y: 3 }, retries: 0 },
        ...{ worker: at().ourName, queue: at().ground.ours },
      })
    })

    it('of Python’s worker tells us everything that result_extended keeps', async () => {
      const result = await at().toTheirs('py.add', { args: [2], kwargs: { y: 3 } })
      await result.get({ timeout: 30 })
      const { dateDone, children, ...told } = await result.meta()
      assert.ok(Math.abs(Date.parse(String(dateDone)) - Date.now()) < 60_000)
      assert.deepEqual([children, told.taskId, told.status, told.result], [[], result.id, 'SUCCESS', 5])
      const { name, args, kwargs, worker, retries, queue } = told
      assert.deepEqual(
        [name, args, kwargs, worker, retries, queue],
        ['py.add', [2], { y: 3 }, at().theirName, 0, at().ground.theirs],
      )
    })

    it('of our worker names the tasks that it sent to Python’s, for Python to follow', async () => {
      const id = await at().toOurs('js.call', { args: ['py.add', at().ground.theirs, 2, 3] })
      const { value: child } = await at().client.ask('get', { task_id: id })
      assert.deepEqual((await at().client.ask('info', { task_id: id })).children, [child])
      assert.deepEqual(await at().client.ask('get', { task_id: child }), { value: 5 })
    })

    it('of Python’s worker names the tasks that it sent to ours, for us to follow', async () => {
      const parent = await at().toTheirs('py.call', { args: ['js.add', at().ground.ours, 2, 3] })
      const child = await parent.get({ timeout: 30 })
      const children = await parent.children()
      assert.deepEqual(
        children.map(({ id }) => id),
        [child],
      )
      assert.equal(await children[0]?.get({ timeout: 30 }), 5)
      assert.equal(await parent.getLeaf({ timeout: 30 }), 5)
    })

    it('is PENDING on both sides before anything was stored, and after it was forgotten', async () => {
      const result = await at().toTheirs('py.add', { args: [2, 3] })
      await result.get({ timeout: 30 })
      await result.forget()
      assert.equal((await at().client.ask('info', { task_id: result.id })).state, 'PENDING')
      assert.equal(await at().app.asyncResult(crypto.randomUUID()).state(), 'PENDING')
    })
  })
}
