import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { Payload } from '@voice-pocket/kombu'
import { Celery, type LooseSettings } from '../../src/index.ts'
import { DeadLetterReader } from '../dead-letter-reader.ts'
import { queueSize } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'
import { BAD_MESSAGES, ODD_HEADERS } from './bad-messages.ts'

const amqp = serviceFrom('AMQP_URL')
const redis = serviceFrom('REDIS_URL')
const run = randomUUID()
const queue = `test.${run}`
const keys = { global_keyprefix: `test-${run}:` }

const BROKERS: readonly { name: string; skip: string | false; settings: LooseSettings }[] = [
  { name: 'in memory', skip: false, settings: { brokerUrl: `memory://${run}` } },
  { name: 'on RabbitMQ', skip: amqp.skip, settings: { brokerUrl: amqp.value } },
  { name: 'on Redis', skip: redis.skip, settings: { brokerUrl: redis.value, brokerTransportOptions: keys } },
]

for (const { name, skip, settings } of BROKERS) {
  describe(`a message that no task can be found for, ${name}`, { skip, timeout: 120_000 }, () => {
    let app: Celery
    let running: RunningWorker
    let deadLetters: DeadLetterReader

    before(async () => {
      app = new Celery('test', {
        ...{ resultBackend: `cache+memory://${run}`, workerPool: 'async', taskDefaultQueue: queue },
        ...{ workerDeadLetterQueue: `${queue}.dead`, ...settings },
      })
      app.task('add', (x: number, y: number) => x + y)
      running = await RunningWorker.start(app)
      deadLetters = await DeadLetterReader.on(app)
    })
    after(async () => {
      await running[Symbol.asyncDispose]()
      await deadLetters.close()
      const channel = await app.connection.channel()
      for (const each of [queue, `${queue}.dead`]) await channel.queueDelete(each)
      await channel.exchangeDelete(queue)
      await app.close()
    })

    /** Publishes a message as a stranger might. */
    async function publish(id: string, payload: Partial<Payload>): Promise<void> {
      const channel = await app.connection.channel()
      const good = {
        ...{ contentType: 'application/json', contentEncoding: 'utf-8', properties: {} },
        ...{ headers: { task: 'add', id }, body: Buffer.from('[[1, 2], {}, null]') },
      }
      await channel.basicPublish({ ...good, ...payload }, { exchange: '', routingKey: queue })
      await channel.close()
    }

    for (const { what, payload, reason, isAnonymous = false } of BAD_MESSAGES) {
      it(`goes to the dead letters with its reason, fails its task, and the worker goes on: ${what}`, {
        timeout: 20_000,
      }, async () => {
        const id = randomUUID()
        const bad = payload(id)
        await publish(id, bad)
        const letter = await deadLetters.next()
        assert.match(String(letter.headers['x-dead-letter-reason']), reason)
        assert.deepEqual(letter.body, bad.body ?? Buffer.from('[[1, 2], {}, null]'))
        if (!isAnonymous) {
          await assert.rejects(app.asyncResult(id).get({ timeout: 30 }), (error: Error) =>
            reason.test(error.message),
          )
        }
        assert.equal(await (await app.sendTask('add', { args: [2, 3] })).get({ timeout: 30 }), 5)
      })
    }

    for (const { what, headers } of ODD_HEADERS) {
      it(`is none, and runs, although it is odd: ${what}`, { timeout: 60_000 }, async () => {
        const id = randomUUID()
        await publish(id, { headers: { task: 'add', id, ...headers } })
        assert.equal(await app.asyncResult(id).get({ timeout: 30 }), 3)
      })
    }

    it('is held like any other when its time is in eight thousand years, and can be revoked', async () => {
      const id = randomUUID()
      await publish(id, { headers: { task: 'add', id, eta: '9999-12-31T23:59:59Z' } })
      await running.logger.said(new RegExp(`${id}.*received`))
      assert.equal(await (await app.sendTask('add', { args: [2, 3] })).get({ timeout: 30 }), 5)
      await app.control.revoke(id)
      await assert.rejects(app.asyncResult(id).get({ timeout: 30 }), { name: 'TaskRevokedError' })
    })

    it('does not stay in the queue', async () => {
      await running.worker.stop()
      // The one that is held until the year 9999 comes back.
      assert.equal(await queueSize(app, queue), 1)
    })
  })
}
