import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Control, Inspect } from '../../src/index.ts'
import { CeleryProcess } from '../bin/celery-process.ts'
import { createApp } from '../process-app.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'

const { value: redis, skip } = serviceFrom('REDIS_URL')

describe('two workers of one name', { timeout: 60_000 }, () => {
  it('are noticed by whoever asks', async () => {
    const pong = { ok: 'pong' }
    const replies = [{ 'one@test': pong }, { 'other@test': pong }, { 'one@test': pong }]
    const control = { request: async () => replies } as unknown as Control
    const warned = new Promise<Error>((resolve) => {
      const listen = (warning: Error) => {
        if (warning.name !== 'DuplicateNodenameWarning') return
        process.off('warning', listen)
        resolve(warning)
      }
      process.on('warning', listen)
    })
    await new Inspect(control).ping()
    assert.match((await warned).message, /multiple replies from node name: one@test\. Please make sure/)
  })

  it('are one node to the command line, which says that there are two', { skip }, async () => {
    const url = Object.assign(new URL(redis), { pathname: '/13' }).href
    await using app = createApp({ brokerUrl: url, resultBackend: url }).app
    await using _one = await RunningWorker.start(app, { pool: 'async', hostname: 'one@test' })
    await using _other = await RunningWorker.start(app, { pool: 'async', hostname: 'one@test' })
    const asks = [['status'], ['inspect', 'ping']].map(async (command) => {
      await using celery = new CeleryProcess(['-b', url, ...command, '-t', '1'])
      assert.equal(await celery.ended(), 0)
      assert.match(celery.stdout, /^1 node online\.$/m)
      assert.match(celery.stderr, /DuplicateNodenameWarning: .* node name: one@test/)
    })
    await Promise.all(asks)
  })
})
