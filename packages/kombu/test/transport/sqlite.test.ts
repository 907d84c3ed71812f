import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Connection, Exchange, OperationalError, Producer, Queue } from '../../src/index.ts'
import { transportConformance } from '../conformance.ts'

const folder = mkdtempSync(join(tmpdir(), 'kombu-sqlite-transport-'))
after(() => rmSync(folder, { recursive: true }))

transportConformance({
  name: 'sqlite',
  url: `sqlite:///${join(folder, 'conformance.sqlite')}`,
  unreachableUrl: 'sqlite:////dev/null/no-folder.sqlite',
})

async function received(worker: ChildProcess, count: number): Promise<unknown[]> {
  const messages: unknown[] = []
  for await (const [message] of on(worker, 'message')) {
    messages.push(message)
    if (messages.length === count) break
  }
  return messages
}

test('what a killed worker had not acknowledged is done by the next one', async () => {
  const url = `sqlite:///${join(folder, 'work.sqlite')}`
  const start = () => fork(join(import.meta.dirname, 'sqlite', 'worker.ts'), [url])
  await using connection = new Connection(url)
  const exchange = new Exchange('jobs', { type: 'topic' })
  const queue = new Queue('work', { exchange, routingKey: 'job.#' })
  await queue.declare(await connection.channel())
  const producer = new Producer(connection, { exchange })
  const first = start()
  const firstGot = received(first, 5)
  for (let n = 0; n < 7; n += 1) await producer.publish({ n }, { routingKey: 'job.new' })
  await firstGot
  const second = start()
  assert.deepEqual(await received(second, 2), [
    { body: { n: 5 }, redelivered: false },
    { body: { n: 6 }, redelivered: false },
  ])
  const inherited = received(second, 3)
  first.kill('SIGKILL')
  assert.deepEqual(
    await inherited,
    [0, 1, 2].map((n) => ({ body: { n }, redelivered: true })),
  )
  second.kill('SIGKILL')
  await once(second, 'exit')
})

test('a broker file that cannot be used is an OperationalError of connect()', async () => {
  const path = join(folder, 'folder.sqlite')
  mkdirSync(path)
  await assert.rejects(new Connection(`sqlite:///${path}`).connect(), (error) => {
    assert.ok(error instanceof OperationalError)
    return true
  })
})

test('a connection is lost when its file is removed', async () => {
  const path = join(folder, 'removed.sqlite')
  await using connection = await new Connection(`sqlite:///${path}`).connect()
  const channel = await connection.channel()
  await new Queue('work').declare(channel)
  await channel.basicConsume('work', { onDelivery: () => undefined })
  rmSync(path)
  await assert.rejects(connection.drainEvents({ signal: new AbortController().signal }), OperationalError)
})
