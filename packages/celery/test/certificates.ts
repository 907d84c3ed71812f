import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'

/** Paths of PEM files. The certificate is for 127.0.0.1, signed by itself, and good for either side. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** Made by openssl, removed when the test ends. */
export async function makeCertificate(t: TestContext): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'celery-tls-'))
  t.after(() => rm(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=tests']
  await promisify(execFile)('openssl', [
    ...request,
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
  ])
  return { key, cert }
}
