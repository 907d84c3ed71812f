/** The message a Spring Boot server was recorded to send, for machines without Java. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { Connection, Consumer, Exchange, Queue } from '@voice-pocket/kombu'
import { Workspace } from '../packages/voice-pocket/test/end-to-end/workspace.ts'

const { exchange, routingKey, headers, properties, body } = JSON.parse(
  await readFile(new URL('./spring-boot/message.json', import.meta.url), 'utf8'),
)

test("Spring Boot's own message is spoken", { timeout: 60_000 }, async (t) => {
  const workspace = await Workspace.open(t)
  const { program: server } = await workspace.serve({ VOICE_POCKET_CONCURRENCY: '1' })
  await using connection = new Connection(`sqlite:///${workspace.folder}/data/broker.sqlite`)
  const channel = await connection.channel()
  const { contentType, contentEncoding, ...rest } = properties
  const payload = { body: Buffer.from(body), contentType, contentEncoding, headers, properties: rest }
  await channel.basicPublish(payload, { exchange, routingKey, mandatory: true })

  const { uuid } = JSON.parse(body)
  await server.says(/text_to_speech\[.*succeeded/)
  const { seconds, peak } = await workspace.measureSpeech(`reader@example.com/${uuid}.wav`)
  assert.ok(seconds > 1 && peak > 0.1, `${seconds} s of at most ${peak}`)

  const notice = Promise.withResolvers<{ uuid: string; state: string }>()
  const callbacks = [(heard: unknown) => notice.resolve(heard as { uuid: string; state: string })]
  const output = new Queue('output.queue', {
    exchange: new Exchange('output.exchange'),
    routingKey: 'output.key',
  })
  await new Consumer(channel, { queues: [output], callbacks, noAck: true }).consume()
  const { uuid: about, state } = await notice.promise
  assert.deepEqual([about, state], [uuid, 'SUCCESS'])
  assert.equal(await server.stop(), 0)
})
