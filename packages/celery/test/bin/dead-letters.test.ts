import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { queueSize } from '../memory-app.ts'
import { createApp } from '../process-app.ts'
import { RunningWorker } from '../running-worker.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { CeleryProcess } from './celery-process.ts'

/** Two messages that no task could be found for, and the command line on the same files. */
async function withDeadLetters(t: TestContext) {
  const folder = await temporaryFolder(t)
  const brokerUrl = `sqlite:///${join(folder, 'broker.sqlite')}`
  const resultBackend = `sqlite:///${join(folder, 'results.sqlite')}`
  const { app } = createApp({ brokerUrl, resultBackend, workerPool: 'async' })
  t.after(() => app.close())
  const letters = [await app.sendTask('no.such', { args: [1] }), await app.sendTask('nor.such')]
  await using running = await RunningWorker.start(app)
  await running.logger.said(/goes to the dead letters/, 2)
  for (const { id } of letters) await assert.rejects(app.asyncResult(id).get({ timeout: 20 }))
  await running.worker.stop()
  const run = async (...args: readonly string[]) => {
    const global = ['-b', brokerUrl, '--result-backend', resultBackend]
    await using command = new CeleryProcess([...global, ...args])
    const code = await command.ended()
    return { code, stdout: command.stdout, stderr: command.stderr }
  }
  return { app, ids: letters.map(({ id }) => id) as [string, string], run }
}

describe('celery dead-letters', { timeout: 120_000 }, () => {
  it('lists what was put aside and why, and shows one', async (t) => {
    const { app, ids, run } = await withDeadLetters(t)
    const { stdout } = await run('dead-letters', 'list')
    for (const id of ids) assert.match(stdout, new RegExp(`^${id}  n\\w+\\.such  \\S+  celery$`, 'm'))
    assert.match(stdout, /never registered[\s\S]*2 dead letters in celery\.dead\.\n$/)
    const letter = JSON.parse((await run('dead-letters', 'show', ids[0], '-j')).stdout)
    assert.deepEqual([letter.id, letter.task, letter.queue], [ids[0], 'no.such', 'celery'])
    assert.deepEqual(JSON.parse(letter.body)[0], [1])
    assert.equal(await queueSize(app, 'celery.dead'), 2)
    const none = await run('dead-letters', 'show', 'unknown')
    assert.deepEqual(
      [none.code, none.stderr],
      [1, 'Error: There is no dead letter unknown in celery.dead.\n'],
    )
  })

  it('sends one again, as it was, to the queue where it was', async (t) => {
    const { app, ids, run } = await withDeadLetters(t)
    assert.equal((await run('dead-letters', 'retry', ids[0])).stdout, 'Sent 1 message.\n')
    assert.deepEqual([await queueSize(app, 'celery.dead'), await queueSize(app, 'celery')], [1, 1])
    app.task('no.such', (x: number) => x + 1)
    await using running = await RunningWorker.start(app)
    await running.logger.said(new RegExp(`no\\.such\\[${ids[0]}\\] succeeded in .*: 2`))
  })

  it('deletes what it is told to, when it is sure', async (t) => {
    const { app, ids, run } = await withDeadLetters(t)
    assert.equal((await run('dead-letters', 'delete', ids[1])).stderr, 'Error: Aborted!\n')
    assert.equal((await run('dead-letters', 'delete', '-f')).code, 2)
    assert.equal(await queueSize(app, 'celery.dead'), 2)
    assert.equal((await run('dead-letters', 'delete', ids[1], '-f')).stdout, 'Deleted 1 message.\n')
    assert.equal((await run('dead-letters', 'delete', '--all', '-f')).stdout, 'Deleted 1 message.\n')
    assert.equal(await queueSize(app, 'celery.dead'), 0)
  })
})
