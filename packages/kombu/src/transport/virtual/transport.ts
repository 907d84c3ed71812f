/**
 * A driver over a store, as a Transport. `open` is all a driver has to bring: it connects to (or opens) what
 * the URL names and returns the store of that one connection. Stores have no sockets that die silently, so
 * there are no heartbeats; a store call that rejects ends the connection.
 */
import { OperationalError } from '../../exceptions.ts'
import type { ConnectionUrl } from '../../url.ts'
import type { ExchangeType, Implements, Transport, TransportConnection, TransportOptions } from '../base.ts'
import { VirtualConnection } from './connection.ts'
import type { Store } from './store.ts'

export interface VirtualDriver {
  readonly driverType: string
  readonly driverName: string
  /** Other processes can reach the same queues. */
  readonly shared: boolean
  readonly open: (url: ConnectionUrl, options: TransportOptions) => Promise<Store>
}

const EXCHANGE_TYPES: readonly ExchangeType[] = ['direct', 'topic', 'fanout']

export class VirtualTransport implements Transport {
  readonly driverType: string
  readonly driverName: string
  readonly implements: Implements
  readonly #open: VirtualDriver['open']

  constructor(driver: VirtualDriver) {
    this.driverType = driver.driverType
    this.driverName = driver.driverName
    this.#open = driver.open
    this.implements = {
      exchangeTypes: EXCHANGE_TYPES,
      heartbeats: false,
      confirms: true,
      priority: true,
      shared: driver.shared,
    }
  }

  async connect(url: ConnectionUrl, options: TransportOptions): Promise<TransportConnection> {
    try {
      return new VirtualConnection(await this.#open(url, options))
    } catch (cause) {
      if (cause instanceof OperationalError) throw cause
      throw new OperationalError(`cannot open ${url.scheme}:// broker: ${String(cause)}`, { cause })
    }
  }
}
