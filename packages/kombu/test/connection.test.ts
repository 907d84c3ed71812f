import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection, InvalidValueError, OperationalError } from '../src/index.ts'

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

test('shuffled addresses are the same ones', () => {
  const urls = ['memory://a', 'memory://b', 'memory://c']
  const connection = new Connection(urls, { failoverStrategy: 'shuffle' })
  assert.deepEqual(connection.urls.map(({ href }) => href).sort(), urls)
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
