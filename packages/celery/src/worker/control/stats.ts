/** Numbers of a worker. snake_case below is the wire. */
import type { ConnectionUrl } from '@voice-pocket/kombu'
import { settingsTable } from '../../app/bug-report.ts'
import type { Command } from '../../app/panel.ts'
import type { Consumer } from '../consumer/consumer.ts'

export const STATS_COMMANDS: readonly Command[] = [
  { name: 'stats', type: 'inspect', help: 'Request worker statistics/information.', run: stats },
  {
    name: 'clock',
    type: 'inspect',
    help: 'Get current logical clock value.',
    run: ({ app }) => ({ clock: app.clock.value }),
  },
]

function stats(worker: Consumer): Readonly<Record<string, unknown>> {
  const { app, state, parts } = worker
  return {
    total: Object.fromEntries(state.totalCount),
    pid: process.pid,
    clock: String(app.clock.value),
    uptime: Math.round((Date.now() - state.startedAt) / 1000),
    pool: {
      ...parts.pool.info,
      'max-tasks-per-child': app.conf.workerMaxTasksPerChild || 'N/A',
      'put-guarded-by-semaphore': false,
      timeouts: [app.conf.taskSoftTimeLimit, app.conf.taskTimeLimit],
    },
    ...(parts.autoscaler && { autoscaler: parts.autoscaler.info }),
    broker: brokerOf(worker),
    prefetch_count: worker.prefetchCount,
    rusage: rusage(),
  }
}

function brokerOf({ app, connection }: Consumer): Readonly<Record<string, unknown>> {
  const [first, ...others] = connection.urls as [ConnectionUrl, ...ConnectionUrl[]]
  const isAmqp = first.scheme.startsWith('amqp')
  const isTls = first.scheme === 'amqps' || first.scheme === 'rediss' || app.conf.brokerUseSsl !== false
  return {
    hostname: first.host ?? null,
    userid: first.user ?? (isAmqp ? 'guest' : null),
    virtual_host: first.virtualHost ?? '/',
    port: first.port ?? (isAmqp ? (isTls ? 5671 : 5672) : first.scheme.startsWith('redis') ? 6379 : null),
    insist: false,
    ssl: isTls,
    transport: first.scheme,
    connect_timeout: app.conf.brokerConnectionTimeout,
    transport_options: settingsTable(app.conf, { withDefaults: true }).broker_transport_options,
    login_method: isAmqp ? app.conf.brokerLoginMethod : null,
    uri_prefix: null,
    heartbeat: app.conf.brokerHeartbeat,
    failover_strategy: 'round-robin',
    alternates: others.map(({ scheme, host, port }) => `${scheme}://${host ?? ''}${port ? `:${port}` : ''}`),
    credential_provider: null,
  }
}

/** Names of getrusage(2); sizes in KiB. */
function rusage(): Readonly<Record<string, number>> {
  const usage = process.resourceUsage()
  return {
    utime: usage.userCPUTime / 1e6,
    stime: usage.systemCPUTime / 1e6,
    maxrss: usage.maxRSS,
    ixrss: usage.sharedMemorySize,
    idrss: usage.unsharedDataSize,
    isrss: usage.unsharedStackSize,
    minflt: usage.minorPageFault,
    majflt: usage.majorPageFault,
    nswap: usage.swappedOut,
    inblock: usage.fsRead,
    oublock: usage.fsWrite,
    msgsnd: usage.ipcSent,
    msgrcv: usage.ipcReceived,
    nsignals: usage.signalsCount,
    nvcsw: usage.voluntaryContextSwitches,
    nivcsw: usage.involuntaryContextSwitches,
  }
}
