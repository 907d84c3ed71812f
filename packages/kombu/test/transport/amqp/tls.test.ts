import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Connection, OperationalError, Producer } from '../../../src/index.ts'
import { makeCertificate } from '../../certificate.ts'
import { Bench, service, TIMEOUT_MS } from '../../support.ts'
import { TcpProxy } from '../../tcp-proxy.ts'

const { url, skip } = service('AMQP_URL')

describe('amqps', { skip, timeout: TIMEOUT_MS }, () => {
  let certificate: { key: Buffer; cert: Buffer }
  let proxy: TcpProxy

  before(async () => {
    certificate = await makeCertificate()
    proxy = await TcpProxy.listen(url, certificate)
  })
  after(() => proxy[Symbol.asyncDispose]())

  test('carries messages to a broker whose certificate is trusted', async (t) => {
    const bench = await Bench.open(t, url)
    const queue = await bench.queue()
    await using connection = new Connection(proxy.url('amqps:'), { tls: { ca: certificate.cert } })
    await new Producer(connection, { routingKey: queue.name }).publish('over TLS')
    assert.equal((await queue.get(await connection.channel()))?.payload, 'over TLS')
  })

  test('refuses a broker whose certificate nobody vouches for', async () => {
    await assert.rejects(new Connection(proxy.url('amqps:')).connect(), (error: Error) => {
      assert.match(error.message, /self-signed certificate/)
      return error instanceof OperationalError
    })
  })

  test('gives a silent TLS handshake up after the time limit', async () => {
    await using silent = await TcpProxy.listen(url)
    silent.freeze()
    const connecting = new Connection(silent.url('amqps:'), { connectTimeoutMs: 100 }).connect()
    await assert.rejects(connecting, /no answer within 100 ms/)
  })

  test('a cut line is a lost connection', async () => {
    await using connection = new Connection(proxy.url('amqps:'), { tls: { ca: certificate.cert } })
    const channel = await connection.channel()
    proxy.cutNewest()
    assert.ok((await channel.closed) instanceof OperationalError)
  })
})
