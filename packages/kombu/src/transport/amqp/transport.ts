/**
 * `amqp://user:password@host:port/vhost` and `amqps://`: RabbitMQ, by way of amqplib. This file makes one
 * connection at one address; nothing here reconnects, that is decided above the transport.
 */
import { Duplex } from 'node:stream'
import { type ChannelModel, connect, credentials } from 'amqplib'
import { OperationalError } from '../../exceptions.ts'
import { type ConnectionUrl, maskUrl } from '../../url.ts'
import type { LoginMethod, Transport, TransportOptions } from '../base.ts'
import { AmqpConnection } from './connection.ts'
import { connectFailure } from './failure.ts'
import { LongTags } from './long-tags.ts'

export const transport: Transport = {
  driverType: 'amqp',
  driverName: 'amqplib',
  implements: {
    exchangeTypes: ['direct', 'topic', 'fanout'],
    heartbeats: true,
    confirms: true,
    priority: 'highest-first',
    shared: true,
    declaredQueues: true,
    messageTtl: true,
    exchangeBindings: true,
    fanoutPatterns: false,
    flow: false,
  },

  async connect(url, options, signal) {
    const address = maskUrl(url.href)
    const line = new AbortController()
    const cut = () => line.abort()
    const timer = setTimeout(cut, options.connectTimeoutMs)
    signal.addEventListener('abort', cut)
    if (signal.aborted) cut()
    try {
      const model = await untilCut(open(url, options, line.signal), line.signal)
      const socket = socketOf(model)
      acceptLongTags(socket)
      writeTogether(socket)
      return new AmqpConnection(model, {
        address,
        closeTimeoutMs: options.connectTimeoutMs,
        cut,
      })
    } catch (cause) {
      if (signal.aborted) throw new OperationalError(`${address}: closed while connecting`, { cause })
      const reason = line.signal.aborted
        ? `no answer within ${options.connectTimeoutMs} ms`
        : connectFailure(cause, url)
      throw new OperationalError(`${address}: ${reason}`, { cause })
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', cut)
    }
  },
}

function open(url: ConnectionUrl, options: TransportOptions, signal: AbortSignal): Promise<ChannelModel> {
  const isEncrypted = url.scheme === 'amqps' || options.isTlsRequired
  const address = {
    protocol: isEncrypted ? 'amqps' : 'amqp',
    hostname: url.host ?? 'localhost',
    ...(url.port !== undefined && { port: url.port }),
    // amqplib takes percent-encoding off once more.
    vhost: encodeURIComponent(url.virtualHost ?? '/'),
    heartbeat: options.heartbeat,
  }
  return connect(address, {
    ...(isEncrypted && options.tls),
    credentials: credentialsOf(url, options.loginMethod),
    signal,
    noDelay: true,
    keepAlive: true,
    clientProperties: { connection_name: options.name },
  } as Parameters<typeof connect>[1] & { signal: AbortSignal })
}

function credentialsOf(url: ConnectionUrl, method: LoginMethod) {
  const { user = 'guest', password = url.user === undefined ? 'guest' : '' } = url
  if (method === 'EXTERNAL') return credentials.external()
  return method === 'PLAIN' ? credentials.plain(user, password) : credentials.amqplain(user, password)
}

/** amqplib does not settle in every state that its socket can be destroyed in. */
async function untilCut<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: cut, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([promise, cut])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** amqplib offers no place for what follows but its own socket. */
function socketOf(model: ChannelModel): Duplex {
  const { stream } = model.connection as typeof model.connection & { readonly stream?: unknown }
  if (!(stream instanceof Duplex)) throw new TypeError('this amqplib has no connection.stream to read from')
  return stream
}

/** What amqplib reads passes through LongTags first. */
function acceptLongTags(socket: Duplex): void {
  const tags = new LongTags()
  const read = socket.read.bind(socket)
  socket.read = (size?: number) => {
    const chunk: Buffer | null = read(size)
    return chunk === null ? null : tags.rewrite(chunk)
  }
}

/** amqplib writes frames one by one: those that it writes in one go leave in one packet, and not each in its own. */
function writeTogether(socket: Duplex): void {
  const write = socket.write.bind(socket) as (chunk: unknown, ...rest: unknown[]) => boolean
  let isCorked = false
  const uncork = () => {
    isCorked = false
    socket.uncork()
  }
  socket.write = (...chunk: Parameters<typeof write>) => {
    if (!isCorked) {
      isCorked = true
      socket.cork()
      process.nextTick(uncork)
    }
    return write(...chunk)
  }
}
