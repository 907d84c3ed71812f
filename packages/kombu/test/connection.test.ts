import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { Connection, type FailoverStrategy, InvalidValueError, OperationalError } from '../src/index.ts'

const quickly = { intervalStartMs: 0, intervalStepMs: 0 }

test('an address that cannot work is refused before anybody waits for it', () => {
  assert.throws(() => new Connection([]), /needs a broker URL/)
  assert.throws(() => new Connection(''), InvalidValueError)
  assert.throws(
    () => new Connection('http://host'),
    /no transport for http:\/\/; there are amqp:\/\/, amqps:\/\/, memory:\/\//,
  )
  assert.throws(() => new Connection('memory://', { heartbeat: -1 }), /heartbeat is -1/)
  assert.throws(() => new Connection('memory://', { connectTimeoutMs: 0 }), /connectTimeoutMs is 0/)
})

test('addresses may be separated by semicolons, and passwords are not shown', () => {
  const connection = new Connection('amqp://me:secret@one;amqp://two')
  assert.deepEqual(
    connection.urls.map(({ host }) => host),
    ['one', 'two'],
  )
  assert.equal(connection.asUri(), 'amqp://me:**@one')
  assert.deepEqual(connection.clone().urls, connection.urls)
})

test('of several addresses the next one is tried as the strategy says', async () => {
  const dead = ['a', 'b', 'c'].map((name) => `sqlite:////dev/null/${name}.sqlite`)
  const orders = {
    'round-robin':
      /cannot connect to .*a\.sqlite.*b\.sqlite.*c\.sqlite.*: .*a\.sqlite.*b\.sqlite.*c\.sqlite/s,
    backwards: /: .*c\.sqlite.*b\.sqlite.*a\.sqlite/s,
  }
  const attempt = (failoverStrategy: FailoverStrategy) => new Connection(dead, { failoverStrategy }).connect()
  await assert.rejects(attempt('round-robin'), orders['round-robin'])
  await assert.rejects(
    attempt((urls) => urls.toReversed()),
    orders.backwards,
  )
  await assert.rejects(attempt('shuffle'), OperationalError)
})

test('a strategy that gives other addresses is refused, and so is one that nobody knows', () => {
  const foreign = () => ['memory://elsewhere']
  assert.throws(() => new Connection('memory://', { failoverStrategy: foreign }), /gave memory:\/\/elsewhere/)
  assert.throws(() => new Connection('memory://', { failoverStrategy: () => [] }), /gave no address/)
  const unknown = 'best' as FailoverStrategy
  assert.throws(
    () => new Connection('memory://', { failoverStrategy: unknown }),
    /"best"; it must be round-robin/,
  )
})

for (const scheme of ['amqp', 'amqps', 'redis', 'rediss', 'sentinel']) {
  test(`connecting to ${scheme}:// ends when the connection is closed`, async (t) => {
    const accepted = Promise.withResolvers<Socket>()
    const server = createServer((socket) => accepted.resolve(socket))
    t.after(() => server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const connection = new Connection(`${scheme}://127.0.0.1:${port}`, {
      connectTimeoutMs: 60_000,
      transportOptions: { master_name: 'main' },
    })
    const connecting = assert.rejects(connection.connect(), /closed while connecting/)
    const socket = await accepted.promise
    const gone = once(socket.on('error', () => {}).resume(), 'close')
    await connection.close()
    await Promise.all([connecting, gone])
    await assert.rejects(connection.connect(), /was closed by its owner/)
  })
}

test('what the transport can do is told before anybody connects', async () => {
  for (const [urls, order] of [
    [['amqp://nowhere', 'redis://nowhere'], 'highest-first'],
    [['redis://nowhere', 'amqp://nowhere'], 'lowest-first'],
  ] as const) {
    const connection = new Connection(urls)
    assert.equal((await connection.loadTransport()).implements.priority, order)
    assert.equal(connection.isConnected, false)
  }
})

test('the transport is known once connected', async () => {
  await using connection = new Connection('memory://transport')
  assert.throws(() => connection.transport, /not connected/)
  await connection.connect()
  assert.equal(connection.transport.driverType, 'memory')
  assert.equal(connection.transport.implements.shared, false)
})

test('an operation is run again when the broker was lost, and only then', async () => {
  await using connection = new Connection('memory://ensure')
  let runs = 0
  const told: number[] = []
  const operation = async () => {
    runs += 1
    if (runs < 3) throw new OperationalError('cut')
    return runs
  }
  const onError = (_error: unknown, waitMs: number) => told.push(waitMs)
  assert.equal(await connection.ensure(operation, { ...quickly, onError }), 3)
  assert.deepEqual(told, [0, 0])
  const refused = async () => Promise.reject(new InvalidValueError('no'))
  await assert.rejects(connection.ensure(refused, quickly), /^InvalidValueError: no$/)
  const lost = async () => Promise.reject(new OperationalError('cut for good'))
  await assert.rejects(connection.ensure(lost, { ...quickly, maxRetries: 2 }), /cut for good/)
})

test('waiting for a broker ends with the signal', async () => {
  await using connection = new Connection('sqlite:////dev/null/none.sqlite')
  const stop = new AbortController()
  const failures: unknown[] = []
  const onError = (error: unknown) => {
    failures.push(error)
    setImmediate(() => stop.abort(new Error('enough')))
  }
  await assert.rejects(connection.ensureConnection({ signal: stop.signal, onError }), /enough/)
  assert.ok(failures[0] instanceof OperationalError)
})

test('callers share one attempt to connect and one default channel', async () => {
  await using connection = new Connection('memory://shared')
  const [one, two] = await Promise.all([connection.defaultChannel(), connection.defaultChannel()])
  assert.equal(one, two)
  await one.close()
  assert.notEqual(await connection.defaultChannel(), one)
})
