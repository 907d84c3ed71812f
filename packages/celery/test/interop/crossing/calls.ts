import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Border } from '../border.ts'

type Request = Readonly<Record<string, unknown>>

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

export function callsCross(at: () => Border): void {
  const ourRequest = async (options: Record<string, unknown>) =>
    (await at()
      .app.asyncResult(await at().toOurs('js.request', options))
      .get({ timeout: 30 })) as Request
  const theirRequest = async (options: object) => (await at().getFromTheirs('py.request', options)) as Request

  describe('a call from Python', () => {
    it('has its arguments by position and by name', async () => {
      assert.deepEqual(await at().getFromOurs('js.add', { args: [2, 3] }), { value: 5 })
      assert.deepEqual(await at().getFromOurs('js.add', { args: [2], kwargs: { y: 3 } }), { value: 5 })
      assert.deepEqual(await at().getFromOurs('js.add', { kwargs: { y: '안', x: '녕' } }), { value: '녕안' })
    })

    it('has the headers of its caller', async () => {
      const { value } = await at().getFromOurs('js.headers', { headers: { tenant: 'a', depth: 2 } })
      assert.deepEqual(value, { tenant: 'a', depth: 2 })
    })

    it('has what its caller said of it in the request', async () => {
      const [task_id, root_id, parent_id] = [randomUUID(), randomUUID(), randomUUID()]
      const expires = inAnHour()
      const request = await ourRequest({
        ...{ task_id, root_id, parent_id, expires, priority: 7, shadow: 'other.name' },
        ...{ time_limit: 90, soft_time_limit: 40, countdown: 0.1 },
      })
      const { id, rootId, parentId, correlationId, shadow, timelimit, retries, hostname } = request
      assert.deepEqual(
        [id, rootId, parentId, correlationId, shadow, timelimit, retries, hostname],
        [task_id, root_id, parent_id, task_id, 'other.name', [90, 40], 0, at().ourName],
      )
      assert.equal(Date.parse(String(request.expires)), Date.parse(expires))
      assert.ok(Date.parse(String(request.eta)) <= Date.now())
      assert.match(String(request.origin), /^gen\d+@/)
      const { priority, routingKey, redelivered } = request.deliveryInfo as Request
      assert.deepEqual([priority, routingKey, redelivered], [7, at().ground.ours, false])
    })

    it('waits for its countdown, and its eta', async () => {
      const before = Date.now()
      assert.deepEqual(await at().getFromOurs('js.add', { args: [2, 3], countdown: 0.4 }), { value: 5 })
      assert.ok(Date.now() - before >= 400, `only ${Date.now() - before} ms`)
      const eta = new Date(Date.now() + 300).toISOString()
      const { value } = await at().getFromOurs('js.add', { args: [1, 1], eta })
      assert.deepEqual([value, Date.now() >= Date.parse(eta)], [2, true])
    })

    it('is not run when it has expired while it was held', async () => {
      const options = { args: [2, 3], countdown: 0.6, expires: 0.5 }
      const { state, error } = await at().getFromOurs('js.add', options)
      assert.deepEqual(
        [state, error],
        ['REVOKED', { class: 'TaskRevokedError', module: 'celery.exceptions', text: 'expired' }],
      )
    })

    it('leaves no result where its caller wants none', async () => {
      const id = await at().toOurs('js.add', { args: [2, 3], ignore_result: true })
      await at().running.logger.said(new RegExp(`${id}.*succeeded`))
      assert.equal((await at().client.ask('info', { task_id: id })).state, 'PENDING')
    })
  })

  describe('a call to Python', () => {
    it('has its arguments by position and by name', async () => {
      assert.equal(await at().getFromTheirs('py.add', { args: [2, 3] }), 5)
      assert.equal(await at().getFromTheirs('py.add', { args: [2] }), 12)
      assert.equal(await at().getFromTheirs('py.add', { kwargs: { y: 1, x: 2 } }), 3)
    })

    it('has everything else that its message has', async () => {
      const { args, kwargs, headers, retries } = (await at().getFromTheirs('py.echo', {
        ...{ args: [null, 1.5, '안녕', [true]], kwargs: { deep: { er: [] } } },
        ...{ headers: { tenant: 'a' }, countdown: 0.1, expires: 60, compression: 'gzip', retries: 1 },
      })) as Request
      assert.deepEqual([args, kwargs, retries], [[null, 1.5, '안녕', [true]], { deep: { er: [] } }, 1])
      assert.equal((headers as Request).tenant, 'a')
    })

    it('has what its caller said of it in the request', async () => {
      const [taskId, rootId, parentId] = [randomUUID(), randomUUID(), randomUUID()]
      const expires = inAnHour()
      const request = await theirRequest({
        ...{ taskId, rootId, parentId, expires, priority: 7, shadow: 'other.name' },
        ...{ timeLimit: 90, softTimeLimit: 40 },
      })
      const { id, root_id, parent_id, correlation_id, shadow, timelimit, hostname } = request
      assert.deepEqual(
        [id, root_id, parent_id, correlation_id, shadow, timelimit, hostname],
        [taskId, rootId, parentId, taskId, 'other.name', [90, 40], at().theirName],
      )
      assert.deepEqual([request.argsrepr, request.kwargsrepr, request.ignore_result], ['()', '{}', false])
      assert.equal(Date.parse(String(request.expires)), Date.parse(expires))
      assert.equal(request.origin, at().app.origin)
      const { priority, redelivered } = request.delivery_info as Request
      assert.deepEqual([priority, Boolean(redelivered)], [7, false])
    })

    it('waits for its countdown, and its eta', async () => {
      const before = Date.now()
      assert.equal(await at().getFromTheirs('py.add', { args: [2, 3], countdown: 0.4 }), 5)
      assert.ok(Date.now() - before >= 400, `only ${Date.now() - before} ms`)
      const eta = new Date(Date.now() + 300)
      assert.equal(await at().getFromTheirs('py.add', { args: [1, 1], eta }), 2)
      assert.ok(Date.now() >= eta.getTime())
    })

    it('is not run when it has expired', async () => {
      const expired = await at().toTheirs('py.add', { args: [2, 3], countdown: 1.2, expires: 1 })
      await assert.rejects(expired.get({ timeout: 30 }), { name: 'TaskRevokedError', message: 'expired' })
    })

    it('leaves no result where its caller wants none, and its callback still runs', async () => {
      const link = at().app.signature('py.add', {
        args: [1],
        taskId: randomUUID(),
        queue: at().ground.theirs,
      })
      const ignored = await at().toTheirs('py.add', { args: [2, 3], ignoreResult: true, link })
      assert.equal(await at().app.asyncResult(String(link.id)).get({ timeout: 30 }), 6)
      assert.equal(await ignored.state(), 'PENDING')
    })
  })
}
