import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import type { Certificate } from './certificates.ts'

/** A Redis of this test's own that speaks nothing but TLS, and wants a certificate of its clients. Gives its port. */
export async function tlsRedis(t: TestContext, { key, cert }: Certificate): Promise<number> {
  const port = await freePort()
  const tls = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]
  const server = spawn('redis-server', [
    ...['--port', '0', '--tls-port', String(port), '--bind', '127.0.0.1', '--save', ''],
    ...['--daemonize', 'no', ...tls],
  ])
  t.after(() => ended(server))
  for await (const line of createInterface(server.stdout)) {
    if (line.includes('Ready to accept connections')) return port
  }
  throw new Error('redis-server ended before it was ready')
}

/** TLS in front of a server that has none, with a certificate wanted of its clients. Gives its port. */
export async function tlsInFrontOf(t: TestContext, target: string, paths: Certificate): Promise<number> {
  const { hostname, port } = new URL(target)
  const [key, cert] = [await readFile(paths.key), await readFile(paths.cert)]
  const server = createTlsServer({ key, cert, ca: cert, requestCert: true }, (client) => {
    const upstream = connect(Number(port), hostname)
    client.pipe(upstream).pipe(client)
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
  })
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return
  server.kill()
  await once(server, 'exit')
}
