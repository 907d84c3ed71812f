/**
 * `sentinel://host:26379/db`: the Redis that a Sentinel says is the master of the group named by the transport
 * option `master_name`. User, password and database of the URL are those of the master; those of the Sentinel
 * itself are in `sentinel_kwargs`. Several Sentinels are a list of URLs; the first that answers is believed.
 */
import { InvalidValueError, OperationalError } from '../../exceptions.ts'
import { type ConnectionUrl, maskUrl } from '../../url.ts'
import { type RedisAddress, type RedisTls, redisAddress } from './address.ts'
import { RedisConnection, type RedisConnectionOptions } from './connection.ts'

const DEFAULT_PORT = 26379

export async function findMaster(
  url: ConnectionUrl,
  transportOptions: Readonly<Record<string, unknown>>,
  connectionOptions: RedisConnectionOptions,
  { tls, signal }: { readonly tls?: RedisTls; readonly signal?: AbortSignal } = {},
): Promise<RedisAddress> {
  const { master_name: masterName, sentinel_kwargs: sentinelOptions = {} } = transportOptions
  if (typeof masterName !== 'string') {
    throw new InvalidValueError(
      `${maskUrl(url.href)} needs the transport option master_name: the name of the group of Redis servers`,
    )
  }
  const master = redisAddress(url, tls)
  const { username, password } = sentinelOptions as Record<string, unknown>
  const sentinel: RedisAddress = {
    url: master.url,
    host: master.host,
    port: url.port ?? DEFAULT_PORT,
    database: 0,
    tls: master.tls,
    ...(typeof username === 'string' && { username }),
    ...(typeof password === 'string' && { password }),
  }
  return { ...master, ...(await askSentinel(sentinel, masterName, connectionOptions, signal)) }
}

async function askSentinel(
  address: RedisAddress,
  masterName: string,
  options: RedisConnectionOptions,
  signal: AbortSignal | undefined,
): Promise<{ host: string; port: number }> {
  const connection = await RedisConnection.open(address, options, signal)
  try {
    const command = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName]
    const answer = await connection.client.sendCommand<[host: string, port: string] | null>(command)
    if (!answer) {
      throw new OperationalError(
        `${address.url}: this Sentinel knows no master named ${JSON.stringify(masterName)}; check master_name`,
      )
    }
    return { host: answer[0], port: Number(answer[1]) }
  } finally {
    connection.close()
  }
}
