import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection, Queue, uuid } from '../../../src/index.ts'
import { endOfTurn } from '../../../src/transport/virtual/linger.ts'

test('a queue with x-expires stays as long as anybody asks for its messages, and no longer', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] })
  const url = `memory://${uuid()}`
  await using one = await new Connection(url).connect()
  await using other = await new Connection(url).connect()
  const queue = new Queue('brief', { expires: 1 })
  await queue.declare(await one.channel())
  const pass = async (ms: number) => {
    t.mock.timers.tick(ms)
    await endOfTurn()
  }
  const exists = async () => {
    const channel = await other.channel()
    return channel.queueDeclare('brief', { passive: true }).then(
      () => true,
      () => false,
    )
  }
  await pass(900)
  assert.equal(await queue.get(await other.channel()), undefined)
  await pass(900)
  assert.equal(await exists(), true, 'the other connection asked 900 ms ago')
  await pass(999)
  await pass(1)
  assert.equal(await exists(), false)
})
