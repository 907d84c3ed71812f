import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RunningWorker } from '../../running-worker.ts'
import type { BrokerName } from '../border.ts'
import { reached } from '../crossing/reached.ts'
import type { Answer } from './flower.ts'
import type { Member, Watched } from './watched.ts'

export function flowerChanges(at: () => Watched, broker: BrokerName): void {
  const worker = async (what: string, query = '', { name }: Member = at().ours): Promise<Answer> =>
    at().flower.post(`/api/worker/${what}/${name}?${query}`)
  /** What a button says must be what it says of a Python worker. */
  const saysTheSame = async (ask: (member: Member) => Promise<Answer>): Promise<void> => {
    const { ours, theirs } = await at().both(ask)
    assert.deepEqual(ours, theirs)
    assert.equal(ours.status, 200)
  }
  const limit = (kind: string, query: string) =>
    saysTheSame(({ name, spin }) => at().flower.post(`/api/task/${kind}/${spin}?workername=${name}&${query}`))
  const stateOf = async (id: string) => {
    const { body } = await at().flower.get(`/api/task/info/${id}`)
    return (body as { state: string }).state
  }

  describe('changes', () => {
    it('what is to run: a revoked task does not', async () => {
      const { ours, running, flower, app } = at()
      const id = await at().send(ours, ours.add, { args: [1, 2], countdown: 2 })
      await running.logger.said(new RegExp(`${id}.*received`))
      assert.deepEqual((await flower.post(`/api/task/revoke/${id}`)).body, { message: `Revoked '${id}'` })
      await assert.rejects(app.asyncResult(id).get({ timeout: 30 }), {
        name: 'TaskRevokedError',
        message: 'revoked',
      })
      await flower.hears('task-revoked', ours.name, id)
      assert.equal(await stateOf(id), 'REVOKED')
      assert.deepEqual((await flower.refresh(ours.name)).revoked, [id])
    })

    it('what runs: a terminated task ends', async () => {
      const { ours, flower, app } = at()
      const id = await at().send(ours, ours.spin)
      await reached(app.asyncResult(id), 'STARTED')
      await flower.post(`/api/task/revoke/${id}?terminate=true&signal=SIGKILL`)
      const { event } = await flower.hears('task-revoked', ours.name, id)
      assert.deepEqual([event.terminated, event.signum, event.expired], [true, 9, false])
      assert.equal(await stateOf(id), 'REVOKED')
      await assert.rejects(app.asyncResult(id).get({ timeout: 30 }), { message: 'terminated' })
    })

    it('how often a task runs', async () => {
      const { ours, theirs, flower } = at()
      const rate = (value: string) =>
        saysTheSame(({ name, add }) =>
          flower.post(`/api/task/rate-limit/${add}?workername=${name}&ratelimit=${value}`),
        )
      await rate('1/h')
      assert.ok((await flower.refresh(ours.name)).registered.includes('js.add [rate_limit=1/h]'))
      assert.ok((await flower.refresh(theirs.name)).registered.includes('py.add [rate_limit=1/h]'))
      const first = await at().send(ours, ours.add, { args: [1, 2] })
      await flower.hears('task-succeeded', ours.name, first)
      const second = await at().send(ours, ours.add, { args: [1, 2] })
      await flower.hears('task-received', ours.name, second)
      assert.equal(await stateOf(second), 'RECEIVED')
      await rate('0')
      await flower.hears('task-succeeded', ours.name, second)
    })

    it('how long a task may run', async () => {
      const { ours, flower } = at()
      await limit('timeout', 'soft=0.2&hard=0.4')
      const id = await at().send(ours, ours.spin)
      const { event } = await flower.hears('task-failed', ours.name, id)
      assert.match(String(event.exception), /^TimeLimitExceeded\(/)
      await limit('timeout', 'soft=0&hard=0')
    })

    it('which queues a worker takes from', async () => {
      const { ground, ours, flower } = at()
      const queue = `${ground.run}.more`
      await saysTheSame((member) => worker('queue/add-consumer', `queue=${queue}`, member))
      const queues = async () => (await flower.refresh(ours.name)).active_queues.map(({ name }) => name)
      assert.deepEqual(await queues(), [ours.queue, queue])
      await worker('queue/cancel-consumer', `queue=${queue}`, at().theirs)
      const { body } = await flower.post('/api/task/apply/js.add', { args: [1, 2], queue })
      assert.equal((body as { result: unknown }).result, 3)
      const { body: answer } = await worker('queue/cancel-consumer', `queue=${queue}`)
      assert.deepEqual(answer, { message: `no longer consuming from ${queue}` })
      // Flower counts in the queues that it last saw in use; for RabbitMQ it would ask a plugin that is not there.
      for (const _ of [1, 2]) await at().send({ ...ours, queue }, ours.add, { args: [1, 2] })
      if (broker === 'Redis') {
        const { body: lengths } = await flower.get('/api/queues/length')
        const all = [queue, ours.queue, at().theirs.queue].sort()
        const active = all.map((name) => ({ name, messages: name === queue ? 2 : 0 }))
        assert.deepEqual(lengths, { active_queues: active })
      }
      assert.deepEqual(await queues(), [ours.queue])
    })

    it('how many tasks run at once', async () => {
      const { ours, flower } = at()
      const pool = async () => (await flower.refresh(ours.name)).stats.pool
      await saysTheSame((member) => worker('pool/grow', 'n=2', member))
      assert.equal((await pool())['max-concurrency'], 4)
      assert.equal((await pool()).processes.length, 4)
      await saysTheSame((member) => worker('pool/shrink', 'n=2', member))
      assert.equal((await pool())['max-concurrency'], 2)
    })

    it('between how many and how many tasks run at once, where a worker scales itself', async () => {
      const { ground, app, flower } = at()
      const name = `scaled@${ground.run}`
      const range = { autoscale: { max: 4, min: 2 } }
      await using _ = await RunningWorker.start(app, { pool: 'async', hostname: name, ...range })
      assert.partialDeepStrictEqual((await flower.refresh(name)).stats.autoscaler, range.autoscale)
      const { body } = await flower.post(`/api/worker/pool/autoscale/${name}?max=3&min=1`)
      assert.deepEqual(body, { message: `Autoscaling '${name}' worker (min=1, max=3)` })
      assert.partialDeepStrictEqual((await flower.refresh(name)).stats.autoscaler, { max: 3, min: 1 })
      const refused = await at().both((member) => worker('pool/autoscale', 'max=3&min=1', member))
      assert.deepEqual(refused.ours, refused.theirs)
      assert.match(String(refused.ours.body), /Autoscale not enabled/)
    })

    it('the processes of a pool', async () => {
      const { ours, flower, app } = at()
      const before = (await flower.refresh(ours.name)).stats.pool.processes
      await saysTheSame((member) => worker('pool/restart', '', member))
      const id = await at().send(ours, ours.spin)
      const { result } = await reached(app.asyncResult(id), 'STARTED')
      assert.ok(!before.includes((result as { pid: number }).pid))
      await flower.post(`/api/task/revoke/${id}?terminate=true&signal=SIGKILL`)
      await flower.hears('task-revoked', ours.name, id)
    })

    it('whether a worker is there', async () => {
      const { ours, theirs, flower, running } = at()
      assert.deepEqual((await worker('shutdown')).body, { message: 'Shutting down!' })
      await running.worker.finished
      await flower.hears('worker-offline', ours.name)
      const { body } = await flower.get('/api/workers?status=1')
      assert.partialDeepStrictEqual(body, { [ours.name]: false, [theirs.name]: true })
    })
  })
}
