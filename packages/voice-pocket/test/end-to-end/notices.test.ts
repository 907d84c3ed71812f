/** What is promised of notices: nothing is done that nobody was told of. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { Connection, Exchange } from '@voice-pocket/kombu'
import { Workspace } from './workspace.ts'

test('a worker whose output exchange is there in another form does not start, and says why', async (t) => {
  const workspace = await Workspace.open(t)
  const broker = `sqlite:///${join(workspace.folder, 'broker.sqlite')}`
  await using connection = new Connection(broker)
  const exchange = `other.${randomUUID()}`
  await new Exchange(exchange, { type: 'fanout' }).declare(await connection.channel())
  const env = {
    CELERY_BROKER_URL: broker,
    VOICE_POCKET_OUTPUT_EXCHANGE: exchange,
    VOICE_POCKET_CONCURRENCY: '1',
  }
  const worker = workspace.voicePocket(['worker'], env)
  assert.equal(await worker.exited, 1)
  assert.match(worker.output, new RegExp(exchange))
})
