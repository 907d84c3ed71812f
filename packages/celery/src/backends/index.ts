import { maskUrl } from '@voice-pocket/kombu'
import { ImproperlyConfigured } from '../exceptions.ts'
import type { Backend } from './base.ts'
import { type BackendOptions, type ResolvedBackendOptions, resolveOptions } from './options.ts'
import type { CountingStore } from './store.ts'

export { Backend } from './base.ts'
export { registerException } from './exception-classes.ts'
export type { BackendOptions } from './options.ts'

type OpenBackend = (url: string, options: ResolvedBackendOptions) => Promise<Backend>

const backends: Readonly<Record<string, OpenBackend>> = {
  memory: openMemory,
  'cache+memory': openMemory,
  sqlite: openSqlite,
  'db+sqlite': openSqlite,
  redis: openRedis,
  rediss: openRedis,
  sentinel: openRedis,
  file: openFile,
  rpc: openRpc,
  disabled: openDisabled,
}

/** Opens the result backend of a URL. A server is connected to when it is first needed. */
export async function createBackend(url: string, options: BackendOptions = {}): Promise<Backend> {
  const scheme = url.split(':', 1)[0]?.toLowerCase() ?? ''
  const open = Object.hasOwn(backends, scheme) ? backends[scheme] : undefined
  if (open === undefined || !url.includes(':')) {
    const known = Object.keys(backends).map((name) => `${name}://`)
    throw new ImproperlyConfigured(
      `resultBackend is '${maskUrl(url)}'; there are backends for ${known.join(', ')}.`,
    )
  }
  return open(url, resolveOptions(options))
}

async function openMemory(url: string, options: ResolvedBackendOptions): Promise<Backend> {
  const { MemoryStore } = await import('./memory.ts')
  return openCounting(new MemoryStore(url.replace(/^[^:]*:(\/\/)?/, '')), options)
}

async function openSqlite(url: string, options: ResolvedBackendOptions): Promise<Backend> {
  const { sqlitePath } = await import('@voice-pocket/kombu/sqlite')
  const { SqliteStore } = await import('./sqlite.ts')
  return openCounting(new SqliteStore(sqlitePath(url.replace(/^db\+/i, ''))), options)
}

async function openRedis(url: string, options: ResolvedBackendOptions): Promise<Backend> {
  const { RedisStore } = await import('./redis.ts')
  return openCounting(new RedisStore(url, options), options)
}

async function openCounting(store: CountingStore, options: ResolvedBackendOptions): Promise<Backend> {
  const { KeyValueStoreBackend } = await import('./key-value.ts')
  const { KeyValueChords } = await import('./chords.ts')
  return new KeyValueStoreBackend(store, options, new KeyValueChords(store, options))
}

/** Python's Celery counts no parts of chords in files, and its workers would not count for ours. */
async function openFile(url: string, options: ResolvedBackendOptions): Promise<Backend> {
  const { KeyValueStoreBackend } = await import('./key-value.ts')
  const { FileStore } = await import('./file.ts')
  return new KeyValueStoreBackend(new FileStore(url, options), options)
}

async function openRpc(_url: string, options: ResolvedBackendOptions): Promise<Backend> {
  if (options.rpc === undefined) {
    throw new ImproperlyConfigured(
      "The result backend rpc:// sends results over an app's broker. Open it with app.backend().",
    )
  }
  const { RpcBackend } = await import('./rpc.ts')
  return new RpcBackend(options.rpc(), options)
}

async function openDisabled(): Promise<Backend> {
  const { DisabledBackend } = await import('./disabled.ts')
  return new DisabledBackend()
}
