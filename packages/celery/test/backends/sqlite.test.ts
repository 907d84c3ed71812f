import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, it, mock } from 'node:test'
import { createBackend } from '../../src/backends/index.ts'
import { describeBackend } from '../backend-conformance.ts'

const folder = await mkdtemp(join(tmpdir(), 'celery-results-'))
after(() => rm(folder, { recursive: true }))

afterEach(() => mock.timers.reset())

describeBackend('sqlite', async () => {
  const url = `sqlite:///${join(folder, 'conformance.sqlite')}`
  return {
    open: (options) => createBackend(url, options),
    async expire() {
      mock.timers.enable({ apis: ['Date'], now: Date.now() + 86_401_000 })
    },
    shared: { url, options: {} },
  }
})

it('cleanup removes what has expired and nothing else', async () => {
  const url = `db+sqlite:///${join(folder, 'cleanup.sqlite')}`
  await using shortLived = await createBackend(url, { expiresSeconds: 60 })
  await using forever = await createBackend(url, { expiresSeconds: 0 })
  await shortLived.markAsDone('short', 1)
  await forever.markAsDone('forever', 1)
  assert.equal(await forever.cleanup(), 0)
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 10 * 86_400_000 })
  assert.equal(await forever.cleanup(), 1)
  assert.equal((await forever.getTaskMeta('forever')).status, 'SUCCESS')
})
