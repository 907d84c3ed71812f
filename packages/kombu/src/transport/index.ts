/**
 * Which driver serves which scheme. A driver is loaded when its scheme is first used, so that a program on
 * SQLite never loads an AMQP client. A driver's module exports one value named `transport`.
 */
import { InvalidValueError } from '../exceptions.ts'
import type { Transport } from './base.ts'

interface TransportModule {
  readonly transport: Transport
}

const LOADERS: Readonly<Record<string, () => Promise<TransportModule>>> = {
  amqp: () => import('./amqp/transport.ts'),
  amqps: () => import('./amqp/transport.ts'),
  memory: () => import('./memory.ts'),
  redis: () => import('./redis.ts'),
  rediss: () => import('./redis.ts'),
  sentinel: () => import('./redis.ts'),
  sqlite: () => import('./sqlite.ts'),
}

export const schemes: readonly string[] = Object.keys(LOADERS)

/** Throws InvalidValueError, so that a mistyped address is noticed before anybody waits for it. */
export function assertKnownScheme(scheme: string): void {
  if (schemes.includes(scheme)) return
  throw new InvalidValueError(
    `no transport for ${scheme}://; there are ${schemes.map((name) => `${name}://`).join(', ')}`,
  )
}

export async function loadTransport(scheme: string): Promise<Transport> {
  const load = LOADERS[scheme]
  if (!load) throw new InvalidValueError(`no transport for ${scheme}://`)
  return (await load()).transport
}
