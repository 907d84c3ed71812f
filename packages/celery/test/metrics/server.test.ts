import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Gauge, Registry } from 'prom-client'
import { ImproperlyConfigured } from '../../src/index.ts'
import { MetricsServer } from '../../src/metrics/index.ts'
import { scrape } from './prometheus-text.ts'

const serverOf = (register = new Registry(), port = 0) =>
  new MetricsServer({ register, host: '127.0.0.1', port })

describe('the server of metrics', () => {
  it('answers GET and HEAD at /metrics, and nothing else', async () => {
    const register = new Registry()
    new Gauge({ name: 'depth', help: 'of the sea', registers: [register] }).set(11)
    await using server = serverOf(register)
    const address = await server.start()
    assert.equal((await scrape(address)).value('depth'), 11)
    assert.equal((await fetch(`${address}?name=depth`)).status, 200)
    const head = await fetch(address, { method: 'HEAD' })
    assert.deepEqual([head.status, await head.text()], [200, ''])
    const posted = await fetch(address, { method: 'POST', body: 'x' })
    assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD'])
    assert.equal((await fetch(new URL('/', address))).status, 404)
  })

  it('says what went wrong when metrics cannot be collected', async () => {
    const register = new Registry()
    const collect = () => {
      throw new Error('no depth')
    }
    new Gauge({ name: 'depth', help: 'of the sea', registers: [register], collect })
    await using server = serverOf(register)
    const response = await fetch(await server.start())
    assert.deepEqual([response.status, /no depth/.test(await response.text())], [500, true])
  })

  it('names the port that is taken', async () => {
    await using first = serverOf()
    const { port } = new URL(await first.start())
    await using second = serverOf(new Registry(), Number(port))
    await assert.rejects(
      second.start(),
      (error) => error instanceof ImproperlyConfigured && error.message.includes(`127.0.0.1:${port}: `),
    )
  })

  it('can be stopped twice, and before it was started', async () => {
    const server = serverOf()
    await server.stop()
    const address = await server.start()
    await Promise.all([server.stop(), server.stop()])
    await assert.rejects(fetch(address))
  })
})
