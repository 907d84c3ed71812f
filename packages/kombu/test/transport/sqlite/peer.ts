/** Another process on the same file: `fork` it with the path; it calls its store as it is told, or misbehaves. */
import { SqliteStore } from '../../../src/transport/sqlite/store.ts'
import type { StoredMessage } from '../../../src/transport/virtual/store.ts'

export interface Order {
  readonly verb: keyof typeof verbs
  readonly queue: string
  readonly count: number
}

const store = await SqliteStore.open(String(process.argv[2]))
const forever = new AbortController().signal

const verbs = {
  async put(queue: string, count: number): Promise<unknown> {
    await store.put(Array.from({ length: count }, (_, n) => message(queue, String(n))))
    return 'done'
  },

  async claim(queue: string, count: number): Promise<unknown> {
    return store.claim([queue], count)
  },

  /** Sleeps until there is something; it is not told when. */
  async take(queue: string, count: number): Promise<unknown> {
    for (;;) {
      const claims = await store.claim([queue], count)
      if (claims.length > 0) return claims
      await store.wait([queue], forever)
    }
  },

  /** Claims and acknowledges for ever, telling what it got. */
  async consume(queue: string, count: number): Promise<void> {
    for (;;) {
      const claims = await store.claim([queue], count)
      if (claims.length === 0) await store.wait([queue], forever)
      await store.settle(
        claims.map(({ tag }) => tag),
        'ack',
      )
      await tell(claims.map(({ envelope }) => envelope))
    }
  },

  /** Puts, claims and acknowledges as fast as it can, to be in the others' way. */
  async churn(queue: string, count: number): Promise<number> {
    let settled = 0
    while (settled < count) {
      await store.put([{ queue, envelope: 'x', priority: 0, expiresAt: undefined }])
      const claims = await store.claim([queue], 10)
      await store.settle(
        claims.map(({ tag }) => tag),
        'ack',
      )
      settled += claims.length
    }
    return settled
  },

  /** Dies by kill -9 inside the transaction, with half of the messages written. */
  async dieInPut(queue: string, count: number): Promise<void> {
    const half = Array.from({ length: count }, (_, n): StoredMessage => message(queue, `half ${n}`))
    const deadly: StoredMessage = {
      ...message(queue, ''),
      get envelope() {
        process.kill(process.pid, 'SIGKILL')
        return ''
      },
    }
    await store.put([...half, deadly])
  },

  /** Never returns to the event loop, as a long synchronous computation does. */
  async block(): Promise<void> {
    await tell('blocking')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  },

  async close(): Promise<void> {
    await store.close()
    process.disconnect()
  },
}

function message(queue: string, envelope: string): StoredMessage {
  return { queue, envelope, priority: 0, expiresAt: undefined }
}

function tell(value: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.({ value }, (error: Error | null) => (error ? reject(error) : resolve()))
  })
}

process.on('message', async ({ verb, queue, count }: Order) => {
  const answer = await verbs[verb](queue, count)
  if (process.connected) await tell(answer)
})
await tell('ready')
