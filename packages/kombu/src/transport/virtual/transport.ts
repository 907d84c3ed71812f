/**
 * A driver over a store, as a Transport. `open` is all a driver has to bring: it connects to (or opens) what
 * the URL names and returns the store of that one connection. A store call that rejects ends the connection.
 */
import { KombuError, OperationalError } from '../../exceptions.ts'
import type { ConnectionUrl } from '../../url.ts'
import type { Implements, Transport, TransportConnection, TransportOptions } from '../base.ts'
import { VirtualConnection } from './connection.ts'
import type { Store } from './store.ts'

export interface VirtualDriver {
  readonly driverType: string
  readonly driverName: string
  /** What is not as with most stores. */
  readonly implements: Partial<Implements> & Pick<Implements, 'shared'>
  readonly open: (url: ConnectionUrl, options: TransportOptions, signal: AbortSignal) => Promise<Store>
}

/** Most stores have no sockets that die silently, so there are no heartbeats. */
const COMMON: Omit<Implements, 'shared'> = {
  exchangeTypes: ['direct', 'topic', 'fanout'],
  heartbeats: false,
  confirms: true,
  priority: 'highest-first',
  declaredQueues: true,
  messageTtl: true,
  exchangeBindings: true,
  fanoutPatterns: false,
  flow: true,
}

export class VirtualTransport implements Transport {
  readonly driverType: string
  readonly driverName: string
  readonly implements: Implements
  readonly #open: VirtualDriver['open']

  constructor(driver: VirtualDriver) {
    this.driverType = driver.driverType
    this.driverName = driver.driverName
    this.#open = driver.open
    this.implements = { ...COMMON, ...driver.implements }
  }

  async connect(
    url: ConnectionUrl,
    options: TransportOptions,
    signal: AbortSignal,
  ): Promise<TransportConnection> {
    try {
      return new VirtualConnection(await this.#open(url, options, signal))
    } catch (cause) {
      // A refusal (a wrong option) says what is wrong, and connecting again would not help.
      if (cause instanceof KombuError) throw cause
      throw new OperationalError(`cannot open ${url.scheme}:// broker: ${String(cause)}`, { cause })
    }
  }
}
