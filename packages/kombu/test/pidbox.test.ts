import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LamportClock, Mailbox, type Message, Queue } from '../src/index.ts'
import { Bench, Inbox, TIMEOUT_MS } from './support.ts'

const URL = 'memory://pidbox'

test('a Lamport clock goes forward and jumps over the clocks it meets', () => {
  const clock = new LamportClock()
  assert.equal(clock.forward(), 1)
  assert.equal(clock.adjust(10), 11)
  assert.equal(clock.adjust(3), 12)
  assert.equal(clock.adjust(undefined), 13)
  assert.equal(clock.adjust('Infinity'), 14)
  assert.equal(clock.value, 14)
})

test('queues and exchanges of a mailbox are those of Kombu', () => {
  const mailbox = new Mailbox('celery', { queueTtl: 300 })
  const queue = mailbox.controlQueue('celery@host')
  assert.equal(queue.name, 'celery@host.celery.pidbox')
  assert.deepEqual(queue.queueArguments, { 'x-expires': 10_000, 'x-message-ttl': 300_000 })
  assert.deepEqual([queue.durable, queue.exclusive, queue.autoDelete], [false, false, true])
  assert.equal(queue.exchange, mailbox.exchange)
  assert.deepEqual(
    [mailbox.exchange, mailbox.replyExchange].map(({ name, type, durable }) => [name, type, durable]),
    [
      ['celery.pidbox', 'fanout', false],
      ['reply.celery.pidbox', 'direct', false],
    ],
  )
})

async function spied(t: Parameters<typeof Bench.open>[0], mailbox: Mailbox): Promise<[Bench, Inbox]> {
  const bench = await Bench.open(t, URL)
  const queue = await bench.queue({ exchange: mailbox.exchange })
  return [bench, await Inbox.open(bench.channel, [queue])]
}

test('a command without reply is written as Kombu writes it', { timeout: TIMEOUT_MS }, async (t) => {
  const mailbox = new Mailbox('cast')
  const [bench, inbox] = await spied(t, mailbox)
  await mailbox.cast(bench.connection, 'revoke', { arguments: { task_id: 'x' }, destination: ['a', 'b'] })
  const [message] = await inbox.first(1)
  assert.deepEqual(message?.payload, {
    method: 'revoke',
    arguments: { task_id: 'x' },
    destination: ['a', 'b'],
    pattern: null,
    matcher: null,
  })
  assert.deepEqual(message?.headers, { clock: 1, expires: 0 })
  assert.equal(message?.properties.deliveryMode, 1)
})

test('a question says where the answer goes, and only answers to it count', {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const mailbox = new Mailbox('call')
  const [bench, inbox] = await spied(t, mailbox)
  const seen: unknown[] = []
  const answers = mailbox.call(bench.connection, 'ping', {
    limit: 1,
    timeoutSeconds: 10,
    onReply: (r) => seen.push(r),
  })
  const [question] = (await inbox.first(1)) as [Message]
  const { ticket, reply_to: replyTo } = question.payload as {
    ticket: string
    reply_to: { exchange: string; routing_key: string }
  }
  assert.equal(replyTo.exchange, 'reply.call.pidbox')
  const expires = Number(question.headers.expires)
  assert.ok(expires > Date.now() / 1000 && expires < Date.now() / 1000 + 11)
  const answer = (body: object, headers: object) =>
    bench.channel.basicPublish(
      {
        body: Buffer.from(JSON.stringify(body)),
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        headers: { ...headers },
        properties: {},
      },
      { exchange: replyTo.exchange, routingKey: replyTo.routing_key, mandatory: true },
    )
  await answer({ stranger: 1 }, { ticket: 'another', clock: 5 })
  await answer({ 'celery@a': { ok: 'pong' } }, { ticket, clock: 70 })
  assert.deepEqual(await answers, [{ 'celery@a': { ok: 'pong' } }])
  assert.deepEqual(seen, [{ 'celery@a': { ok: 'pong' } }])
  assert.ok(mailbox.clock.value > 70)
  await assert.rejects(
    new Queue(`${replyTo.routing_key}.reply.call.pidbox`).status(bench.channel),
    /no queue/,
  )
})

test('who answers nothing is waited for no longer than asked', { timeout: TIMEOUT_MS }, async (t) => {
  const bench = await Bench.open(t, URL)
  assert.deepEqual(await new Mailbox('silence').call(bench.connection, 'ping', { timeoutSeconds: 0.05 }), [])
  const stop = new AbortController()
  const waiting = new Mailbox('silence').call(bench.connection, 'ping', {
    timeoutSeconds: 3600,
    signal: stop.signal,
  })
  stop.abort(new Error('no time'))
  await assert.rejects(waiting, /no time/)
})

const MEANT_FOR: readonly (readonly [command: object, isMeant: boolean])[] = [
  [{}, true],
  [{ destination: null }, true],
  [{ destination: [] }, true],
  [{ destination: ['celery@host'] }, true],
  [{ destination: ['celery@other'] }, false],
  [{ destination: ['celery@other'], pattern: '*', matcher: 'glob' }, false],
  [{ pattern: 'celery@*', matcher: 'glob' }, true],
  [{ pattern: 'celery@h[!x]st', matcher: 'glob' }, true],
  [{ pattern: 'celery@h?', matcher: 'glob' }, false],
  [{ pattern: 'celery.host', matcher: 'glob' }, false],
  [{ pattern: 'celery@h', matcher: 'pcre' }, true],
  [{ pattern: 'host', matcher: 'pcre' }, false],
]

for (const [command, isMeant] of MEANT_FOR) {
  test(`celery@host ${isMeant ? 'obeys' : 'ignores'} ${JSON.stringify(command)}`, async (t) => {
    const bench = await Bench.open(t, URL)
    const queue = await bench.queue()
    const called: unknown[] = []
    const node = new Mailbox('meant').node('celery@host', { run: (args) => called.push(args) })
    await bench.connection.ensure((channel) =>
      channel.basicPublish(
        {
          body: Buffer.from('{}'),
          contentType: undefined,
          contentEncoding: undefined,
          headers: {},
          properties: {},
        },
        { exchange: '', routingKey: queue.name },
      ),
    )
    const message = await queue.get(bench.channel)
    assert.ok(message)
    await node.handleMessage({ method: 'run', arguments: { n: 1 }, ...command }, message, bench.channel)
    assert.deepEqual(called, isMeant ? [{ n: 1 }] : [])
  })
}

test('a command that fails is answered with the error as Python shows it', async () => {
  const errors: unknown[] = []
  const handlers = {
    nothing: () => undefined,
    fail: () => {
      throw new TypeError('it\'s "bad"\n')
    },
  }
  const node = new Mailbox('errors').node('n', handlers, {
    onError: (error, method) => errors.push([method, String(error)]),
  })
  assert.equal(await node.dispatch('nothing'), null)
  assert.deepEqual(await node.dispatch('fail'), { error: `TypeError('it\\'s "bad"\\n')` })
  assert.deepEqual(await node.dispatch('toString'), { error: "KeyError('toString')" })
  assert.equal(errors.length, 1)
})
