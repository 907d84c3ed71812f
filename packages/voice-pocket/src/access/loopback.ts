import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { ListenError } from '../exceptions.ts'

/** Addresses that only programs of this machine can reach: RFC 1122 3.2.1.3, RFC 4291 2.5.3. */
const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Of an address, IPv4 addresses inside IPv6 and zones (`::1%lo`) included. A name is none. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/%.*$/, '')
  const family = isIP(plain)
  return family !== 0 && LOOPBACK.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}

/** Whether a server that listens there is heard by this machine alone. Rejects ListenError for a name nobody knows. */
export async function isLoopbackHost(host: string): Promise<boolean> {
  if (isIP(host.replace(/%.*$/, '')) !== 0) return isLoopbackAddress(host)
  try {
    const addresses = await lookup(host, { all: true })
    return addresses.every(({ address }) => isLoopbackAddress(address))
  } catch (cause) {
    throw new ListenError(`HOST is ${host}, which is no address and no name that is known; correct it.`, {
      cause,
    })
  }
}

/**
 * Whether a request was meant for this machine, by the host in its URL. A page of another site that has its own name
 * resolved to 127.0.0.1 ("DNS rebinding") sends its own name.
 */
export function isLoopbackName(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  return name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(name)
}
