import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Connection, OperationalError, Producer } from '../../../src/index.ts'
import { makeCertificate } from '../../certificate.ts'
import { TIMEOUT_MS } from '../../support.ts'
import { TcpProxy } from '../../tcp-proxy.ts'
import { Database, skip, url, work } from './database.ts'

describe('rediss', { skip, timeout: TIMEOUT_MS }, () => {
  let certificate: { key: Buffer; cert: Buffer }
  let proxy: TcpProxy
  let folder: string

  before(async () => {
    certificate = await makeCertificate()
    proxy = await TcpProxy.listen(url, certificate)
    folder = await mkdtemp(join(tmpdir(), 'kombu-rediss-'))
  })
  after(async () => {
    await proxy[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  const address = (query = '') => `${proxy.url('rediss:')}${query}`

  test('carries messages to a Redis whose certificate is trusted', async (t) => {
    const database = await Database.open(t)
    const connection = await database.connect({ tls: { ca: certificate.cert } }, address())
    await new Producer(connection, { routingKey: 'work' }).publish('over TLS')
    assert.equal((await work.get(await connection.channel()))?.payload, 'over TLS')
  })

  test('trusts the certificates that redis-py’s options name, or any', async (t) => {
    const ca = join(folder, 'ca.pem')
    await writeFile(ca, certificate.cert)
    const database = await Database.open(t)
    for (const query of [
      `?ssl_ca_certs=${encodeURIComponent(ca)}`,
      '?ssl_cert_reqs=none',
      '?ssl_cert_reqs=CERT_NONE',
    ]) {
      assert.equal((await database.connect({}, address(query))).isConnected, true)
    }
  })

  test('refuses a Redis whose certificate nobody vouches for', async () => {
    await assert.rejects(new Connection(address()).connect(), (error: Error) => {
      assert.match(error.message, /self-signed certificate/)
      return error instanceof OperationalError
    })
  })

  test('refuses an unknown word for whether certificates are checked', async () => {
    await assert.rejects(
      new Connection(address('?ssl_cert_reqs=maybe')).connect(),
      /ssl_cert_reqs.*"maybe".*required/,
    )
  })

  test('gives a silent TLS handshake up after the time limit', async () => {
    await using silent = await TcpProxy.listen(url)
    silent.freeze()
    const connecting = new Connection(silent.url('rediss:'), { connectTimeoutMs: 100 }).connect()
    await assert.rejects(connecting, /no answer within 100 ms/)
  })
})
