import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { Connection } from '@voice-pocket/kombu'
import { Celery, type LooseSettings } from '../../src/index.ts'
import { makeCertificate } from '../certificates.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'
import { tlsInFrontOf, tlsRedis } from '../tls-servers.ts'

const amqp = serviceFrom('AMQP_URL')
const redis = serviceFrom('REDIS_URL')

/** An app with a queue of its own, which is removed from RabbitMQ when the test ends. */
function appOf(t: TestContext, settings: LooseSettings): Celery {
  const name = `test.${randomUUID()}`
  const app = new Celery('test', {
    taskDefaultQueue: name,
    workerPool: 'async',
    brokerConnectionTimeout: 2,
    ...settings,
  })
  app.task('add', (x: number, y: number) => x + y)
  t.after(async () => {
    await app.close()
    if (amqp.skip) return
    await using connection = await new Connection(amqp.value).connect()
    const channel = await connection.channel()
    await channel.queueDelete(name)
    await channel.exchangeDelete(name)
  })
  return app
}

async function sum(app: Celery): Promise<unknown> {
  await using _running = await RunningWorker.start(app)
  const result = await app.sendTask('add', { args: [2, 3] })
  return await result.get({ timeout: 20 })
}

describe('a setting about the broker does what it does in Celery', { timeout: 60_000 }, () => {
  it('brokerUseSsl, of RabbitMQ', { skip: amqp.skip }, async (t) => {
    const paths = await makeCertificate(t)
    const port = await tlsInFrontOf(t, amqp.value, paths)
    const { username, password, pathname } = new URL(amqp.value)
    const brokerUrl = `amqp://${username}:${password}@127.0.0.1:${port}${pathname}`
    const settings = { brokerUrl, resultBackend: 'rpc://' }
    const ssl = { keyfile: paths.key, certfile: paths.cert, ca_certs: paths.cert, cert_reqs: 'CERT_REQUIRED' }
    assert.equal(await sum(appOf(t, { ...settings, broker_use_ssl: ssl })), 5)
    for (const [broker_use_ssl, reason] of [
      [true, /self-signed certificate/],
      [{ ca_certs: paths.cert }, /certificate required|closed|ECONNRESET/i],
    ] as const) {
      await assert.rejects(appOf(t, { ...settings, broker_use_ssl }).connection.connect(), reason)
    }
  })

  it('brokerUseSsl and redisBackendUseSsl, of Redis', { skip: redis.skip }, async (t) => {
    const paths = await makeCertificate(t)
    const url = `redis://127.0.0.1:${await tlsRedis(t, paths)}/0`
    const ssl = {
      ...{ ssl_keyfile: paths.key, ssl_certfile: paths.cert },
      ...{ ssl_ca_certs: paths.cert, ssl_cert_reqs: 2 },
    }
    const settings = { brokerUrl: url, resultBackend: url, broker_use_ssl: ssl, redis_backend_use_ssl: ssl }
    assert.equal(await sum(appOf(t, settings)), 5)
    const trusting = appOf(t, { ...settings, broker_use_ssl: { ...ssl, ssl_ca_certs: undefined } })
    await assert.rejects(trusting.connection.connect(), /self-signed certificate/)
  })

  it('brokerUseSsl with a file that is not there, or a name that Python does not have', async (t) => {
    const brokerUrl = 'amqp://127.0.0.1'
    const wrong = (brokerUseSsl: Readonly<Record<string, unknown>>) => () =>
      appOf(t, { brokerUrl, brokerUseSsl }).connection
    assert.throws(wrong({ keyfile: '/no/such.pem' }), /keyfile names the file \/no\/such\.pem/)
    assert.throws(wrong({ ca_cert: 'x' }), /no TLS option ca_cert; there are .*ca_certs/)
    assert.throws(
      wrong({ cert_reqs: 'maybe' }),
      /cert_reqs is "maybe"; it must be required, optional or none/,
    )
    assert.throws(
      () => appOf(t, { broker_use_ssl: 'yes' }).conf,
      /'broker_use_ssl' must be true, false or an object/,
    )
  })

  it('brokerReadUrl and brokerWriteUrl', { skip: amqp.skip || redis.skip }, async (t) => {
    const shared = { brokerUrl: 'amqp://127.0.0.1:1', resultBackend: redis.value }
    const app = appOf(t, { ...shared, brokerReadUrl: amqp.value, brokerWriteUrl: redis.value })
    const taskDefaultQueue = app.conf.taskDefaultQueue
    const sender = appOf(t, { ...shared, brokerUrl: amqp.value, taskDefaultQueue })
    const next = appOf(t, { ...shared, brokerUrl: redis.value, taskDefaultQueue })
    app.task('pass-on', async () => (await app.sendTask('add', { args: [4, 5] })).id)
    await using _reading = await RunningWorker.start(app)
    const passed = await (await sender.sendTask('pass-on')).get({ timeout: 20 })
    await using _beyond = await RunningWorker.start(next)
    assert.equal(await app.asyncResult(String(passed)).get({ timeout: 20 }), 9)
  })

  it('brokerFailoverStrategy', { skip: amqp.skip }, async (t) => {
    const [dead, alive] = ['amqp://127.0.0.1:1', amqp.value]
    const asked: (readonly string[])[] = []
    const lastFirst = (urls: readonly string[]) => {
      asked.push(urls)
      return urls.toReversed()
    }
    for (const brokerFailoverStrategy of ['round-robin', 'shuffle', lastFirst] as const) {
      const app = appOf(t, { brokerUrl: [dead, alive], brokerFailoverStrategy, resultBackend: 'rpc://' })
      assert.equal(await sum(app), 5)
    }
    assert.deepEqual(asked[0], [dead, alive])
    assert.throws(
      () => appOf(t, { broker_failover_strategy: 'best' }).conf,
      /one of round-robin, shuffle, or a fun/,
    )
  })

  it('brokerLoginMethod', { skip: amqp.skip }, async (t) => {
    for (const brokerLoginMethod of ['PLAIN', 'AMQPLAIN'] as const) {
      const app = appOf(t, { brokerUrl: amqp.value, brokerLoginMethod })
      assert.equal((await app.connection.connect()).isConnected, true)
    }
    // RabbitMQ offers it only with a plugin for certificates; asking for it must not end in a login by password.
    const app = appOf(t, { brokerUrl: amqp.value, brokerLoginMethod: 'EXTERNAL' })
    await assert.rejects(app.connection.connect(), /EXTERNAL|ACCESS_REFUSED|refused|closed/i)
  })
})
