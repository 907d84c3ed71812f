import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MaxRetriesExceededError, RemoteError } from '../../../src/index.ts'
import type { Border } from '../border.ts'
import { reached } from './reached.ts'

type Described = Readonly<Record<string, string>>

export function errorsCross(at: () => Border): void {
  describe('an error of our worker, in Python', () => {
    const errorOf = async (task: string, options: Record<string, unknown> = {}) => {
      const { state, error } = await at().getFromOurs(task, options)
      const { class: name, module, text } = error as Described
      return { state, class: name, module, text }
    }

    it('is of a class that Python can raise, with its message', async () => {
      const far = { state: 'FAILURE', class: 'RangeError', module: 'celery.exceptions', text: 'too far' }
      assert.deepEqual(await errorOf('js.fail', { args: ['too far'] }), far)
    })

    it('has the class and the traceback of an exception of one’s own, its cause included', async () => {
      const id = await at().toOurs('js.fail_with_own')
      const { error } = await at().client.ask('get', { task_id: id })
      assert.deepEqual(error, { class: 'PaymentError', module: 'celery.exceptions', text: 'declined' })
      const { traceback } = await at().client.ask('info', { task_id: id })
      assert.match(String(traceback), /interop-app\.ts/)
      assert.match(String(traceback), /Caused by: TypeError: no such key/)
    })

    it('says which argument does not fit', async () => {
      const { class: name, module, text } = await errorOf('js.add', { kwargs: { z: 1 } })
      const message = "js.add() got an unexpected keyword argument 'z'"
      assert.deepEqual([name, module, text], ['TypeError', 'builtins', message])
    })

    it('says that nobody has the task', async () => {
      const id = await at().toOurs('js.unknown')
      const { state, error } = await at().client.ask('get', { task_id: id })
      const { class: name, module } = error as Described
      assert.deepEqual([state, name, module], ['FAILURE', 'NotRegistered', 'celery.exceptions'])
      assert.match(await at().deadLetters.reasonOf(id), /js\.unknown/)
    })

    it('says that a result cannot be written', async () => {
      const { state, class: name, text } = await errorOf('js.returns_a_function')
      assert.deepEqual([state, name], ['FAILURE', 'EncodeError'])
      assert.match(String(text), /function/)
    })

    it('comes after the last retry, and its state before is RETRY', async () => {
      assert.deepEqual(await at().getFromOurs('js.retry', { args: [2] }), { value: 2 })
      const { state, class: name, text } = await errorOf('js.retry', { args: [9] })
      assert.deepEqual([state, name, text], ['FAILURE', 'Error', 'not yet'])
      const later = await at().toOurs('js.retry_later')
      await at().running.logger.said(new RegExp(`Task js.retry_later\\[${later}\\] retry`))
      const { state: waiting, info } = await at().client.ask('state', { task_id: later })
      const notYet = { class: 'Error', module: 'celery.exceptions', text: 'not yet' }
      assert.deepEqual([waiting, info], ['RETRY', notYet])
      await at().app.control.revoke(later)
    })

    it('is none where the task was to be ignored or its message refused', async () => {
      const ignored = await at().toOurs('js.ignore')
      await at().running.logger.said(new RegExp(`${ignored}.*ignored`))
      const { state, result } = await at().client.ask('info', { task_id: ignored })
      assert.deepEqual([state, result], ['PROGRESS', { done: 1, total: 2 }])
      const rejected = await at().toOurs('js.reject')
      await at().running.logger.said(new RegExp(`${rejected}.*rejected`))
      assert.equal((await at().client.ask('info', { task_id: rejected })).state, 'PENDING')
    })
  })

  describe('an error of Python’s worker, here', () => {
    it('has its class, its module, its arguments and where it was raised', async () => {
      const result = await at().toTheirs('py.fail', { args: ['bad'] })
      const error = await result.get({ timeout: 30, propagate: false })
      assert.ok(error instanceof RemoteError)
      assert.deepEqual([error.excType, error.excModule, error.args], ['ValueError', 'builtins', ['bad', 3]])
      await assert.rejects(
        result.get({ timeout: 30 }),
        (thrown: Error) => thrown.name === 'ValueError' && /bad/.test(thrown.message),
      )
      assert.match(String(await result.traceback()), /raise ValueError\(text, 3\)/)
    })

    it('has the class and the traceback of an exception of one’s own, its cause included', async () => {
      const result = await at().toTheirs('py.fail_with_own')
      const error = await result.get({ timeout: 30, propagate: false })
      assert.ok(error instanceof RemoteError)
      const { excType, excModule, args } = error
      assert.deepEqual(
        [excType, excModule, args],
        ['PaymentError', 'interop_tasks', ['declined', { code: 51 }]],
      )
      assert.match(String(await result.traceback()), /KeyError: 'missing'.*PaymentError/s)
    })

    it('says that nobody has the task', async () => {
      await assert.rejects(at().getFromTheirs('py.unknown'), { name: 'NotRegistered' })
    })

    it('says which argument does not fit', async () => {
      await assert.rejects(at().getFromTheirs('py.add', { kwargs: { z: 1 } }), {
        name: 'TypeError',
        message: /unexpected keyword argument 'z'/,
      })
    })

    it('comes after the last retry, and its state before is RETRY', async () => {
      assert.equal(await at().getFromTheirs('py.retry', { args: [2] }), 2)
      const error = { name: 'ConnectionError', message: /not yet/ }
      await assert.rejects(at().getFromTheirs('py.retry', { args: [9] }), error)
      const later = await at().toTheirs('py.retry_later')
      const { result } = await reached(later, 'RETRY')
      assert.match(String(result), /not yet/)
      await later.revoke()
    })

    it('of the kinds that Celery has is of our class for it', async () => {
      const error = new MaxRetriesExceededError('enough')
      const id = crypto.randomUUID()
      await (await at().app.backend()).markAsFailure(id, error)
      const { error: inPython } = await at().client.ask('get', { task_id: id })
      assert.deepEqual(inPython, {
        class: 'MaxRetriesExceededError',
        module: 'celery.exceptions',
        text: 'enough',
      })
      await assert.rejects(at().app.asyncResult(id).get({ timeout: 30 }), MaxRetriesExceededError)
    })

    it('is none where the task was to be ignored', async () => {
      const ignored = await at().toTheirs('py.ignore')
      assert.deepEqual((await reached(ignored, 'PROGRESS')).result, { done: 1, total: 2 })
    })
  })
}
