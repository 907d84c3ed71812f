import { Connection } from '@voice-pocket/kombu'
import type { Settings } from './defaults.ts'

/**
 * A connection as the settings want it: for what takes messages (`read`) or what sends them (`write`), which may be
 * different brokers. @param name shown in the broker's list of connections
 */
export function brokerConnection(conf: Settings, direction: 'read' | 'write', name: string): Connection {
  const own = direction === 'read' ? conf.brokerReadUrl : conf.brokerWriteUrl
  const url = own.length > 0 ? own : conf.brokerUrl
  return new Connection(url, {
    heartbeat: conf.brokerHeartbeat,
    connectTimeoutMs: conf.brokerConnectionTimeout * 1000,
    failoverStrategy: conf.brokerFailoverStrategy,
    ssl: conf.brokerUseSsl,
    loginMethod: conf.brokerLoginMethod,
    transportOptions: conf.brokerTransportOptions,
    name,
  })
}
