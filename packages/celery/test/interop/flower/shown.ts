import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { differences } from '../shape.ts'
import type { WorkerInfo } from './flower.ts'
import type { Member, Watched } from './watched.ts'

/** What is of tasks by name, and what each side has settings of its own for. */
const comparable = ({ stats, conf: _conf, ...info }: WorkerInfo) => ({
  ...info,
  stats: { ...stats, total: {} },
})

/** Each end of a task, and what Flower then shows of it beside its record. */
const LIVES = [
  { task: 'add', args: [1, 2], event: 'task-succeeded', state: 'SUCCESS', result: 3 },
  { task: 'fail', args: ['no'], event: 'task-failed', state: 'FAILURE', result: undefined },
] as const

export function flowerShows(at: () => Watched): void {
  const members = () => [at().ours, at().theirs]

  describe('shows', () => {
    it('our worker as it shows a Python worker: alive, with its queue, its tasks, its pool and its settings', async () => {
      const { ours, theirs, flower, running } = at()
      const { body } = await flower.get('/api/workers?status=1')
      assert.deepEqual(body, { [ours.name]: true, [theirs.name]: true })
      const [one, other] = [await flower.refresh(ours.name), await flower.refresh(theirs.name)]
      assert.deepEqual(differences(comparable(one), comparable(other)), [])
      assert.deepEqual(
        one.active_queues.map(({ name }) => name),
        [ours.queue],
      )
      assert.deepEqual(one.registered, at().app.tasks.names)
      assert.deepEqual(one.stats.pool.processes, running.worker.pool.info.processes)
      assert.equal((one.conf as Record<string, unknown>).task_default_queue, ours.queue)
    })

    it('what became of the tasks of both', async () => {
      const { flower } = at()
      for (const { task, args, event, state, result } of LIVES) {
        const infos = await Promise.all(
          members().map(async (member) => {
            const id = await at().send(member, member[task], { args })
            await flower.hears(event, member.name, id)
            const { body: info } = await flower.get(`/api/task/info/${id}`)
            const { body: record } = await flower.get(`/api/task/result/${id}`)
            const { worker, name } = info as Record<string, unknown>
            assert.deepEqual([worker, name], [member.name, member[task]])
            return { info, record } as { info: { state: string }; record: { state: string; result: unknown } }
          }),
        )
        const [ours, theirs] = infos
        assert.deepEqual(differences(ours, theirs), [])
        for (const { info, record } of infos) {
          assert.deepEqual([info.state, record.state], [state, state])
          if (result !== undefined) assert.equal(record.result, result)
        }
      }
    })

    it('the tasks and their names', async () => {
      const { flower, ours, theirs } = at()
      const { body: types } = await flower.get('/api/task/types')
      assert.deepEqual(types, { 'task-types': ['js.add', 'js.fail', 'py.add', 'py.fail'] })
      const { body } = await flower.get(`/api/tasks?workername=${encodeURIComponent(ours.name)}&limit=1`)
      const [task] = Object.values(body as Record<string, Record<string, unknown>>)
      assert.deepEqual([task?.worker, task?.name], [ours.name, 'js.fail'])
      const { body: found } = await flower.get('/api/tasks?taskname=py.add')
      const workers = Object.values(found as Record<string, Record<string, unknown>>).map(
        ({ worker }) => worker,
      )
      assert.deepEqual(workers, [theirs.name])
    })

    it('the value of a task that it calls, by its app or by its name alone', async () => {
      const { ours, theirs } = await at().both(({ queue, add }) =>
        at().flower.post(`/api/task/apply/${add}`, { args: [20], kwargs: { y: 22 }, queue }),
      )
      assert.deepEqual(differences(ours, theirs), [])
      for (const { body } of [ours, theirs]) {
        const { result, state } = body as Record<string, unknown>
        assert.deepEqual([result, state], [42, 'SUCCESS'])
      }
      const id = await sentByName(at(), at().ours, { args: [1, 2] })
      await at().flower.hears('task-succeeded', at().ours.name, id)
      const { body } = await at().flower.get(`/api/task/result/${id}?timeout=30`)
      assert.deepEqual(body, { 'task-id': id, state: 'SUCCESS', result: [1, 2] })
    })
  })
}

/** Of a task that Flower's own app does not know. */
async function sentByName({ flower }: Watched, { queue }: Member, options: object): Promise<string> {
  const { body } = await flower.post('/api/task/send-task/js.same', { queue, ...options })
  return (body as { 'task-id': string })['task-id']
}
