import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ImproperlyConfigured } from '../../src/index.ts'
import { memoryApp } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'
import { asked, NODE } from './asked.ts'

describe('the panel', { timeout: 60_000 }, () => {
  it('gives workers commands of the program’s own, with the worker and the arguments', async (t) => {
    const app = memoryApp(t)
    app.panel.inspectCommand('held', async ({ hostname, state }) => [hostname, state.reserved.size])
    app.panel.controlCommand('greet', (_worker, args) => ({ ok: `hello ${args.name}` }), { alias: 'hi' })
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    assert.deepEqual(await asked(app, 'held'), [NODE, 0])
    assert.deepEqual(await asked(app, 'hi', { name: 'you' }), { ok: 'hello you' })
  })

  it('lets a command take the place of a built-in one', async (t) => {
    const app = memoryApp(t)
    app.panel.inspectCommand('ping', () => ({ ok: 'ping pong' }))
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    assert.deepEqual(await asked(app, 'ping'), { ok: 'ping pong' })
  })

  it('refuses a name twice, and one that no client could write', (t) => {
    const { panel } = memoryApp(t)
    panel.controlCommand('greet', () => null)
    assert.throws(() => panel.inspectCommand('greet', () => null), ImproperlyConfigured)
    assert.throws(() => panel.inspectCommand('say hello', () => null), /letters, digits and underscores/)
  })

  it('leaves elections to others', async (t) => {
    const app = memoryApp(t)
    await using _running = await RunningWorker.start(app, { hostname: NODE })
    const options = { arguments: { id: '1', topic: 't' }, timeout: 0.1 }
    assert.deepEqual(await app.control.request('election', options), [])
    assert.deepEqual(await asked(app, 'ping'), { ok: 'pong' })
  })
})
