import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { memoryApp } from '../memory-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'

it('a worker is not idle before all runs of a task are settled, also when a later one ends first', async (t) => {
  const app = memoryApp(t)
  const telling = new Gate()
  app.signals.taskRetry.connect(() => telling.pass())
  const task = app.task(
    't',
    async (self) => {
      if (self.request.retries === 0) await self.retry({ countdown: 0 })
      return 'done'
    },
    { bind: true },
  )
  await using running = await RunningWorker.start(app)
  const result = await task.delay()
  await telling.entered
  assert.equal(await result.get({ timeout: 20 }), 'done')
  await running.logger.said(/succeeded/)
  const states: string[] = []
  const idle = running.worker.state.idle().then(() => states.push('idle'))
  await setImmediate()
  states.push('told')
  telling.open()
  await idle
  assert.deepEqual(states, ['told', 'idle'])
})
