import type { Greeting } from './answer.ts'
import { waitForAnswer } from './answer.ts'
import { findExecutable } from './executable.ts'
import { nameLanes } from './lanes.ts'
import { expectNamedServer } from './named-server.ts'
import { freePorts } from './ports.ts'
import type { Service } from './service.ts'

const REDIS: Greeting = {
  hello: Buffer.from('PING\r\n'),
  defaultPort: 6379,
  // A server that wants a password first is a Redis as well.
  isAnswer: (bytes) => /^(\+PONG|-NOAUTH)/.test(bytes.toString('latin1')),
}

const findServer = () => findExecutable(['redis-server', 'valkey-server'])

/** A private Redis that keeps everything in memory. */
export const redis: Service = {
  async missingPackages({ REDIS_URL }) {
    return REDIS_URL || (await findServer()) ? [] : ['redis-server']
  },

  async start(sandbox, environment, signal) {
    if (environment.REDIS_URL) {
      await expectNamedServer('REDIS_URL', environment.REDIS_URL, REDIS, signal)
      return {}
    }
    const server = (await findServer()) ?? 'redis-server'
    const folder = await sandbox.folder('redis')
    const [port] = await freePorts(1)
    const url = new URL(`redis://127.0.0.1:${port}/0`)
    await sandbox.serve(
      [server, '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      { environment, folder },
      (ended) => waitForAnswer(url, REDIS, ended),
      signal,
    )
    // Database 0 is for who asks for no lane; Redis has sixteen.
    return { REDIS_URL: url.href, ...nameLanes('REDIS_URL', (lane) => new URL(`/${lane}`, url).href) }
  },
}
