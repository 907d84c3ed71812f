import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { Gate, RunningWorker } from '../running-worker.ts'
import { loseConnection, onRabbitMQ, skip } from './on-rabbitmq.ts'

describe('a worker on RabbitMQ', { skip, timeout: 180_000 }, () => {
  it('runs tasks, and answers remote control', async (t) => {
    const { app, client } = await onRabbitMQ(t)
    app.task('add', (x: number, y: number) => x + y)
    const hostname = `w@${randomUUID()}`
    await using _running = await RunningWorker.start(app, { hostname })
    assert.equal(await (await client.sendTask('add', { args: [2, 3] })).get({ timeout: 20 }), 5)
    assert.deepEqual(await client.control.ping({ destination: [hostname], timeout: 20 }), [
      { [hostname]: { ok: 'pong' } },
    ])
  })

  it('takes no more than its prefetch count, and one more for each that it holds', async (t) => {
    const { app, client, size } = await onRabbitMQ(t, { taskAcksLate: true })
    const gate = new Gate()
    app.task('t', () => gate.pass())
    for (let i = 0; i < 3; i++) await client.sendTask('t', { countdown: 600 })
    for (let i = 0; i < 5; i++) await client.sendTask('t')
    await using running = await RunningWorker.start(app, { concurrency: 1, prefetchMultiplier: 2 })
    await running.logger.said(/received/, 5)
    await gate.entered
    assert.equal(await size(), 3)
    assert.equal(running.logger.lines.filter(({ text }) => /received/.test(text)).length, 5)
    gate.open()
  })

  it('goes on when its connection was lost and is back', async (t) => {
    const { app, client, proxy } = await onRabbitMQ(t)
    app.task('add', (x: number, y: number) => x + y)
    await using running = await RunningWorker.start(app)
    assert.equal(await (await client.sendTask('add', { args: [1, 1] })).get({ timeout: 20 }), 2)
    await loseConnection(proxy, running)
    assert.equal(await (await client.sendTask('add', { args: [2, 2] })).get({ timeout: 20 }), 4)
  })

  it('runs nothing twice when its connection was lost meanwhile', async (t) => {
    const { app, client, proxy, size } = await onRabbitMQ(t, { taskAcksLate: true })
    const gate = new Gate()
    app.task('t', async (x: number) => {
      await gate.pass()
      return x
    })
    await using running = await RunningWorker.start(app, { concurrency: 1 })
    const results = [await client.sendTask('t', { args: [0] }), await client.sendTask('t', { args: [1] })]
    await running.logger.said(/received/, 2)
    await gate.entered
    await loseConnection(proxy, running)
    await running.logger.said(/it is not run twice/, 2)
    gate.open()
    assert.deepEqual(await Promise.all(results.map((result) => result.get({ timeout: 20 }))), [0, 1])
    await running.worker.stop()
    assert.deepEqual([gate.passed, await size()], [2, 0])
  })

  it('goes on when the broker closed its channel', async (t) => {
    const { app, client } = await onRabbitMQ(t)
    app.task('t', (x: number) => x)
    await using running = await RunningWorker.start(app)
    assert.equal(await (await client.sendTask('t', { args: [1] })).get({ timeout: 20 }), 1)
    await running.worker.consumer.taskConsumer?.channel.basicAck('4711').catch(() => undefined) // no such delivery: 406
    await running.logger.said(/getting it back/)
    await running.logger.said(/Connected to/, 2)
    assert.equal(await (await client.sendTask('t', { args: [2] })).get({ timeout: 20 }), 2)
  })

  it('makes its queue again when somebody deleted it', async (t) => {
    const { app, client, name } = await onRabbitMQ(t)
    app.task('t', (x: number) => x)
    await using running = await RunningWorker.start(app)
    const channel = await client.connection.channel()
    await channel.queueDelete(name)
    await running.logger.said(/was deleted while this worker consumed it/)
    await running.logger.said(/Connected to/, 2)
    assert.equal(await (await client.sendTask('t', { args: [2] })).get({ timeout: 20 }), 2)
  })

  it('does not start on a queue that exists with other arguments, and says so', async (t) => {
    const { app, client, name } = await onRabbitMQ(t)
    const channel = await client.connection.channel()
    await channel.queueDeclare(name, { durable: true, arguments: { 'x-max-priority': 5 } })
    const worker = await app.worker()
    await assert.rejects(
      worker.start(),
      (error: Error) => error.name === 'ChannelError' && error.message.includes(name),
    )
    await worker.finished
  })

  it('puts a message that it cannot read aside, on the broker', async (t) => {
    const { app, client, name, size } = await onRabbitMQ(t)
    await using running = await RunningWorker.start(app)
    const result = await client.sendTask('no.such')
    await assert.rejects(result.get({ timeout: 20 }), /never registered/)
    await running.worker.stop()
    assert.deepEqual([await size(), await size(`${name}.dead`)], [0, 1])
  })

  it('gives back on shutdown what it holds and what has not begun', async (t) => {
    const { app, client, size } = await onRabbitMQ(t)
    const gate = new Gate()
    app.task('t', () => gate.pass())
    await using running = await RunningWorker.start(app, { concurrency: 1 })
    await client.sendTask('t')
    await gate.entered
    await client.sendTask('t')
    await client.sendTask('t', { countdown: 600 })
    await running.logger.said(/received/, 3)
    const stopping = running.worker.stop()
    await running.logger.said(/goes back to its queue/)
    gate.open()
    await stopping
    assert.deepEqual([gate.passed, await size()], [1, 2])
  })
})
