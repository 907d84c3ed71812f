import assert from 'node:assert/strict'
import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, it, mock } from 'node:test'
import { createBackend } from '../../src/backends/index.ts'
import { ResultCleanup } from '../../src/worker/result-cleanup.ts'
import { memoryApp } from '../memory-app.ts'
import { RecordingLogger } from '../recording-logger.ts'
import { RunningWorker } from '../running-worker.ts'
import { temporaryFolder } from '../temporary-folder.ts'

afterEach(() => mock.timers.reset())

describe('expired results', { timeout: 60_000 }, () => {
  it('are removed when a worker starts', async (t) => {
    const folder = await temporaryFolder(t)
    await using backend = await createBackend(`file://${folder}`)
    for (const id of ['old', 'new']) await backend.markAsDone(id, 1)
    const yesterday = new Date(Date.now() - 86_401_000)
    await utimes(join(folder, 'celery-task-meta-old'), yesterday, yesterday)
    const app = memoryApp(t, { resultBackend: `file://${folder}` })
    await using running = await RunningWorker.start(app)
    await running.logger.said(/Removed 1 expired results/)
    assert.deepEqual((await readdir(folder)).sort(), ['.celery-lock', 'celery-task-meta-new'])
  })

  it('are removed once a day, also after a day on which the store was away', async () => {
    mock.timers.enable({ apis: ['setInterval'] })
    let cleanups = 0
    const logger = new RecordingLogger()
    const backend = async () => ({
      async cleanup() {
        cleanups += 1
        if (cleanups === 2) throw new Error('away')
        return cleanups
      },
    })
    const worker = { logger, app: { backend, conf: { resultExpires: 60 } } } as never
    const step = new ResultCleanup()
    step.start(worker)
    await logger.said(/Removed 1 expired/)
    mock.timers.tick(86_400_000)
    await logger.said(/could not be removed/)
    mock.timers.tick(86_400_000)
    await logger.said(/Removed 3 expired/)
    await step.stop()
    mock.timers.tick(86_400_000)
    await step.stop()
    assert.equal(cleanups, 3)
  })

  it('are left alone where results are kept for ever', () => {
    const app = { conf: { resultExpires: 0 } }
    assert.equal(new ResultCleanup().includeIf({ app } as never), false)
  })
})
