/** How this service talks to a Redis of its own: commands fail while it is away, and it is found again by itself. */
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@redis/client'

/** A command that has no answer by then fails, and whoever asked knows better what to do meanwhile than to wait. */
const COMMAND_TIMEOUT_MS = 5_000
const CONNECT_TIMEOUT_MS = 5_000

export type RedisClient = ReturnType<typeof makeClient>

export interface RedisClientOptions {
  /** Shown by CLIENT LIST. */
  readonly name: string
  /** A connection was lost, or could not be made; the next one is tried by itself. */
  onConnectionError(error: Error): void
  onConnected?(): void
}

/** Resolves when Redis answers. Rejects with what is wrong when it does not within five seconds. */
export async function openRedisClient(url: string, options: RedisClientOptions): Promise<RedisClient> {
  const client = makeClient(url, options.name)
  let lastError: Error | undefined
  client.on('error', (error: Error) => {
    lastError = error
    options.onConnectionError(error)
  })
  client.on('ready', () => options.onConnected?.())
  try {
    // connect() alone would try for ever: it reconnects from the first attempt on.
    await Promise.race([client.connect(), failAfter(CONNECT_TIMEOUT_MS)])
    return client
  } catch (error) {
    client.destroy()
    throw lastError ?? error
  }
}

function makeClient(url: string, name: string) {
  return createClient({
    url,
    name,
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_TIMEOUT_MS },
    commandOptions: { timeout: COMMAND_TIMEOUT_MS },
  })
}

async function failAfter(milliseconds: number): Promise<never> {
  await delay(milliseconds, undefined, { ref: false })
  throw new Error(`no connection after ${milliseconds} ms`)
}
