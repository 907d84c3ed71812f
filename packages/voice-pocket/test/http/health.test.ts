import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHttpBench } from './http-bench.ts'

test('/healthz answers whatever else is broken', async (t) => {
  const { app, checks } = await openHttpBench(t)
  checks.push({ name: 'broker', remedy: 'Start it.', run: () => Promise.reject(new Error('away')) })
  const response = await app.request('/healthz')
  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), { status: 'ok' })
})

test('/readyz is 200 when every part answers', async (t) => {
  const { app, checks } = await openHttpBench(t)
  checks.push({ name: 'broker', remedy: 'Start it.', run: async () => 'amqp://broker' })
  const response = await app.request('/readyz')
  assert.equal(response.status, 200)
  const broker = { name: 'broker', ok: true, detail: 'amqp://broker' }
  assert.deepEqual(await response.json(), { status: 'ready', checks: [broker] })
})

test('/readyz is 503 when one does not, and says which, why and what to do', async (t) => {
  const { app, checks } = await openHttpBench(t)
  const cause = new Error('connection refused')
  checks.push({ name: 'results', remedy: 'Start it.', run: async () => 'redis://results' })
  checks.push({
    name: 'broker',
    remedy: 'Start it.',
    run: () => Promise.reject(new Error('away', { cause })),
  })
  const response = await app.request('/readyz')
  assert.equal(response.status, 503)
  const { status, checks: results } = (await response.json()) as { status: string; checks: object[] }
  assert.equal(status, 'not ready')
  assert.deepEqual(results[1], {
    name: 'broker',
    ok: false,
    detail: 'away (connection refused)',
    remedy: 'Start it.',
  })
})
