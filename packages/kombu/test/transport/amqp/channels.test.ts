import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Connection, OperationalError } from '../../../src/index.ts'
import { service, TIMEOUT_MS } from '../../support.ts'

const { url, skip } = service('AMQP_URL')

describe('channels of RabbitMQ', { skip, timeout: TIMEOUT_MS }, () => {
  for (const path of ['', '/', '//', '/%2F']) {
    test(`the default virtual host can be written as ${JSON.stringify(path)}`, async () => {
      const { protocol, username, password, host } = new URL(url)
      await using connection = new Connection(`${protocol}//${username}:${password}@${host}${path}`)
      assert.ok((await connection.channel()).isOpen)
    })
  }

  test('closing a connection closes its channels, and what is opened later is refused', async () => {
    const connection = new Connection(url)
    const channels = [await connection.channel(), await connection.channel()]
    await connection.close()
    for (const channel of channels) {
      assert.equal(await channel.closed, undefined)
      await assert.rejects(channel.queuePurge('x'), OperationalError)
    }
    await assert.rejects(connection.channel(), OperationalError)
  })

  test('a refusal ends one channel, and the others go on', async () => {
    await using connection = new Connection(url)
    const [refused, other] = [await connection.channel(), await connection.channel()]
    const purging = assert.rejects(refused.queuePurge('no such queue'), { name: 'ChannelError', code: 404 })
    const behind = assert.rejects(refused.queueDeclare('', { exclusive: true }), /404/)
    await Promise.all([purging, behind])
    assert.equal(refused.isOpen, false)
    assert.equal((await other.queueDeclare('', { exclusive: true })).messageCount, 0)
  })

  test('a consumer tag can be used once, and cancelled twice', async () => {
    await using connection = new Connection(url)
    const channel = await connection.channel()
    const { queue } = await channel.queueDeclare('', { exclusive: true })
    const options = { consumerTag: 'tag', onDelivery: () => undefined }
    assert.equal(await channel.basicConsume(queue, options), 'tag')
    await channel.basicCancel('tag')
    await channel.basicCancel('tag')
    assert.equal(await channel.basicConsume(queue, options), 'tag')
  })
})
