import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Greeting, waitForAnswer } from './answer.ts'
import { findExecutable } from './executable.ts'
import { LANES, nameLanes } from './lanes.ts'
import { expectNamedServer } from './named-server.ts'
import { freePorts } from './ports.ts'
import type { Sandbox } from './sandbox.ts'
import type { Environment, Service } from './service.ts'

const AMQP: Greeting = {
  hello: Buffer.from('AMQP\x00\x00\x09\x01', 'latin1'),
  defaultPort: 5672,
  // A method frame on channel 0: Connection.Start.
  isAnswer: (bytes) => bytes[0] === 1,
}

/**
 * Debian puts a wrapper into the PATH that insists on the user `rabbitmq`; the program itself, which runs as
 * anybody, lies in a folder of its own.
 */
const program = (name: string) => findExecutable([`/usr/lib/rabbitmq/bin/${name}`, name])
const findEpmd = () =>
  findExecutable(['epmd', '/usr/lib/erlang/erts-*/bin/epmd', '/opt/homebrew/lib/erlang/erts-*/bin/epmd'])

const CONFIGURATION = `
listeners.tcp.default = 127.0.0.1:$PORT
loopback_users = none
log.file.level = warning
disk_free_limit.absolute = 50MB
load_definitions = $DEFINITIONS
`

/** A virtual host for each lane, next to the default one. */
const vhostOf = (lane: number) => `test-${lane}`
const VHOSTS = ['/', ...LANES.map(vhostOf)]

const DEFINITIONS = {
  users: [{ name: 'guest', password: 'guest', tags: 'administrator' }],
  vhosts: VHOSTS.map((name) => ({ name })),
  permissions: VHOSTS.map((vhost) => ({ user: 'guest', vhost, configure: '.*', write: '.*', read: '.*' })),
}

/** A private RabbitMQ: own node, own ports, own data, own Erlang name server, no plugins. */
export const rabbitmq: Service = {
  async missingPackages({ AMQP_URL }) {
    if (AMQP_URL) return []
    return (await program('rabbitmq-server')) && (await findEpmd()) ? [] : ['rabbitmq-server']
  },

  async start(sandbox, environment, signal) {
    if (environment.AMQP_URL) {
      await expectNamedServer('AMQP_URL', environment.AMQP_URL, AMQP, signal)
      return {}
    }
    const folder = await sandbox.folder('rabbitmq')
    const [port = 0, distributionPort = 0, epmdPort = 0] = await freePorts(3)
    const node = await describeNode(folder, { port, distributionPort, epmdPort })
    await startEpmd(sandbox, { ...environment, ...node }, epmdPort, signal)
    // No path: clients do not agree on how to write the default virtual host, and without one all of them take it.
    const url = new URL(`amqp://guest:guest@127.0.0.1:${port}`)
    await sandbox.serve(
      [(await program('rabbitmq-server')) ?? 'rabbitmq-server'],
      { environment: { ...environment, ...node }, folder },
      (ended) => waitForAnswer(url, AMQP, ended),
      signal,
    )
    return {
      AMQP_URL: url.href,
      ...nameLanes('AMQP_URL', (lane) => new URL(vhostOf(lane), url).href),
      RABBITMQCTL: await writeControlScript(folder, node),
    }
  },
}

interface NodePorts {
  readonly port: number
  readonly distributionPort: number
  readonly epmdPort: number
}

/** Writes the node's configuration, and returns the variables that keep it away from any other RabbitMQ here. */
async function describeNode(folder: string, ports: NodePorts): Promise<Record<string, string>> {
  const configuration = join(folder, 'rabbitmq.conf')
  const definitions = join(folder, 'definitions.json')
  const values = { $PORT: String(ports.port), $DEFINITIONS: definitions }
  await writeFile(
    configuration,
    CONFIGURATION.replace(/\$[A-Z]+/g, (name) => values[name as keyof typeof values]),
  )
  await writeFile(definitions, JSON.stringify(DEFINITIONS))
  await writeFile(join(folder, 'rabbitmq-env.conf'), '')
  await writeFile(join(folder, 'enabled_plugins'), '[].')
  return {
    // Erlang keeps its cookie in the home directory.
    HOME: folder,
    ERL_EPMD_PORT: String(ports.epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // Else any Erlang program started while ours is being stopped would start one that nobody stops.
    ERL_AFLAGS: '-start_epmd false',
    RABBITMQ_NODENAME: `tests-${ports.port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(ports.port),
    RABBITMQ_DIST_PORT: String(ports.distributionPort),
    RABBITMQ_BASE: folder,
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONFIG_FILE: configuration,
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
  }
}

/** Started here and not by Erlang, which would leave it running for ever. */
async function startEpmd(sandbox: Sandbox, environment: Environment, port: number, signal: AbortSignal) {
  // Asked for its names with an empty registry, it answers with its own port number.
  const epmd: Greeting = {
    hello: Buffer.from([0, 1, 'n'.charCodeAt(0)]),
    defaultPort: port,
    isAnswer: (bytes) => bytes.length >= 4 && bytes.readUInt32BE(0) === port,
  }
  await sandbox.serve(
    [(await findEpmd()) ?? 'epmd', '-port', String(port), '-address', '127.0.0.1'],
    { environment, folder: await sandbox.folder('epmd') },
    (ended) => waitForAnswer(new URL(`epmd://127.0.0.1:${port}`), epmd, ended),
    signal,
  )
}

/** `rabbitmqctl` for this node alone, for tests that take something away from it. */
async function writeControlScript(folder: string, node: Readonly<Record<string, string>>): Promise<string> {
  const path = join(folder, 'rabbitmqctl')
  const variables = Object.entries(node).map(([name, value]) => `export ${name}='${value}'\n`)
  await writeFile(path, `#!/bin/sh\n${variables.join('')}exec '${await program('rabbitmqctl')}' "$@"\n`)
  await chmod(path, 0o755)
  return path
}
