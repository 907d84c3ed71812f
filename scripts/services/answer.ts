import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'

/** The first words of a protocol, and what a server that speaks it says back. */
export interface Greeting {
  readonly hello: Buffer
  readonly defaultPort: number
  isAnswer(firstBytes: Buffer): boolean
}

const ATTEMPT_MS = 3_000
const RETRY_MS = 50

/** One attempt. Resolves when the server at `url` answers the greeting, else rejects with what happened instead. */
export async function expectAnswer(url: URL, greeting: Greeting, signal: AbortSignal): Promise<void> {
  const address = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || greeting.defaultPort,
  }
  const secure = url.protocol === 'amqps:' || url.protocol === 'rediss:'
  const socket = secure ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address)
  try {
    socket.write(greeting.hello)
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)])
    const [bytes] = (await once(socket, 'data', { signal: limit })) as [Buffer]
    if (!greeting.isAnswer(bytes)) throw new Error(`it answered ${JSON.stringify(bytes.toString('latin1'))}`)
  } finally {
    socket.on('error', () => undefined)
    socket.destroy()
  }
}

/** For a server that was just started: asks until it answers. */
export async function waitForAnswer(url: URL, greeting: Greeting, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await expectAnswer(url, greeting, signal)
    } catch {
      // A server that is still starting refuses connections; the caller's signal bounds the wait.
      await delay(RETRY_MS, undefined, { signal })
    }
  }
}
