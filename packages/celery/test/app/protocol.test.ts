import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ContentDisallowed, DecodeError, type Payload } from '@voice-pocket/kombu'
import { parseTime } from '../../src/app/iso-time.ts'
import { readHead, readTask, writeTask } from '../../src/app/protocol.ts'
import { type CallOptions, InvalidTaskError } from '../../src/index.ts'
import { memoryApp, takeMessage } from '../memory-app.ts'

interface PythonMessage {
  readonly headers: Record<string, unknown>
  readonly properties: Record<string, unknown>
  readonly delivery_info: { readonly exchange: string; readonly routing_key: string }
  readonly content_type: string
  readonly content_encoding: string
  readonly body: string
}

interface Recorded {
  readonly protocol2: readonly { title: string; call: Record<string, unknown>; message: PythonMessage }[]
  readonly protocol1: readonly { title: string; message: PythonMessage }[]
}

const path = join(import.meta.dirname, '../fixtures/python/messages/task-messages.json')
const recorded: Recorded = JSON.parse(await readFile(path, 'utf8'))
const ID = '7d3a1c5e-0000-4000-8000-000000000001'
const ACCEPT = ['json']

/** A call of Python's `apply_async` in our own names. */
function toOptions(call: Record<string, unknown>): CallOptions {
  const { eta, expires, ignore_result, root_id, parent_id, ...same } = call
  return {
    ...same,
    taskId: ID,
    ...(typeof eta === 'string' && { eta: new Date(eta) }),
    ...(typeof expires === 'string' && { expires: new Date(expires) }),
    ...(typeof ignore_result === 'boolean' && { ignoreResult: ignore_result }),
    ...(typeof root_id === 'string' && { rootId: root_id }),
    ...(typeof parent_id === 'string' && { parentId: parent_id }),
  }
}

/** Both sides write ISO 8601, in different ways. */
const comparable = (headers: Record<string, unknown>) => {
  const time = (value: unknown) => (typeof value === 'string' ? parseTime(value) : value)
  return { ...headers, lang: '', origin: '', eta: time(headers.eta), expires: time(headers.expires) }
}

function payload(overrides: Partial<Payload> & { readonly json?: unknown } = {}): Payload {
  const { json = [[], {}, null], ...given } = overrides
  return {
    body: Buffer.from(JSON.stringify(json)),
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    headers: { id: ID, task: 'tasks.add' },
    properties: {},
    ...given,
  }
}

const deliveryInfo = { exchange: '', routingKey: 'celery', priority: 0, redelivered: false }
const read = (message: Payload) =>
  readTask({ payload: message, deliveryInfo, hostname: 'w@h' }, ACCEPT, new AbortController().signal)

function fromPython({ headers, properties, content_type, content_encoding, body }: PythonMessage): Payload {
  return {
    body: Buffer.from(body),
    contentType: content_type,
    contentEncoding: content_encoding,
    headers,
    properties: { correlationId: String(properties.correlation_id), replyTo: String(properties.reply_to) },
  }
}

describe('a task message of protocol 2', () => {
  for (const { title, call, message: python } of recorded.protocol2) {
    it(`is written as Python writes it: ${title}`, async (t) => {
      const app = memoryApp(t)
      await app.sendTask('tasks.add', toOptions(call))
      const queue = python.delivery_info.routing_key
      const ours = await takeMessage(app, queue)
      assert.ok(ours, `nothing was sent to ${queue}`)
      assert.deepEqual(comparable(ours.headers), comparable(python.headers))
      assert.deepEqual(Object.keys(ours.headers).sort(), Object.keys(python.headers).sort())
      assert.match(String(ours.headers.origin), /^gen\d+@./)
      assert.deepEqual(JSON.parse(ours.body.toString()), JSON.parse(python.body))
      assert.equal(ours.contentType, python.content_type)
      assert.equal(ours.contentEncoding, python.content_encoding)
      assert.equal(ours.deliveryInfo.exchange, python.delivery_info.exchange)
      const { correlationId, deliveryMode, priority, replyTo, expiration } = ours.properties
      const { correlation_id, delivery_mode, priority: pythonPriority } = python.properties
      assert.deepEqual(
        [correlationId, deliveryMode, priority],
        [correlation_id, delivery_mode, pythonPriority],
      )
      assert.equal(replyTo, app.oid)
      assert.equal(typeof expiration, typeof python.properties.expiration)
    })

    it(`is read as Python wrote it: ${title}`, () => {
      const request = read(fromPython(python))
      const [args, kwargs] = JSON.parse(python.body)
      assert.deepEqual(
        [request.id, request.task, request.args, request.kwargs],
        [ID, 'tasks.add', args, kwargs],
      )
      assert.equal(request.retries, call.retries ?? 0)
      assert.equal(request.rootId, call.root_id ?? ID)
      assert.equal(request.parentId, call.parent_id)
      assert.equal(request.ignoreResult, call.ignore_result ?? false)
      assert.equal(request.shadow, call.shadow)
      assert.deepEqual(request.headers, call.headers ?? {})
      assert.deepEqual([request.replyTo, request.correlationId], ['client', ID])
    })
  }

  it('tells its task of the message, and that it came with one', () => {
    const request = read(
      payload({ headers: { id: ID, task: 't' }, properties: { priority: 3, correlationId: ID } }),
    )
    assert.deepEqual(request.properties, { priority: 3, correlationId: ID })
    assert.deepEqual(
      [request.isEager, request.calledDirectly, request.utc, request.children],
      [false, false, true, []],
    )
  })

  it('says what the caller said even where a header of the caller’s has the same name', async (t) => {
    const app = memoryApp(t)
    await app.sendTask('tasks.add', { args: [1], headers: { task: 'other', id: 'x', tenant: 'a' } })
    const message = await takeMessage(app)
    assert.equal(message?.headers.task, 'tasks.add')
    assert.notEqual(message?.headers.id, 'x')
    assert.equal(message?.headers.tenant, 'a')
  })

  it('expires in the broker as well, in milliseconds', async (t) => {
    const app = memoryApp(t)
    await app.sendTask('tasks.add', { expires: 60 })
    const expiration = Number((await takeMessage(app))?.properties.expiration)
    assert.ok(expiration > 50_000 && expiration <= 60_000, String(expiration))
  })

  it('leaves the broker’s own record of a message behind', () => {
    const sent = {
      'x-death': [{}],
      'x-first-death-queue': 'q',
      'x-delivery-count': 2,
      'x-mine': 1,
      tenant: 'a',
    }
    const { headers } = writeTask({ id: ID, task: 't', args: [], kwargs: {}, origin: 'o', headers: sent })
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('x-') || name === 'tenant'),
      ['x-mine', 'tenant'],
    )
  })

  it('has its time limit as [hard, soft]', () => {
    const request = read(payload({ headers: { id: ID, task: 't', timelimit: [9, 4] } }))
    assert.deepEqual(request.timelimit, [9, 4])
    const { headers } = writeTask({
      id: ID,
      task: 't',
      args: [],
      kwargs: {},
      origin: 'o',
      timelimit: [9, undefined],
    })
    assert.deepEqual(headers.timelimit, [9, null])
  })

  it('is refused with a time limit that is none', () => {
    const limited = (timelimit: unknown) => payload({ headers: { id: ID, task: 't', timelimit } })
    assert.deepEqual(read(limited([0, null])).timelimit, [undefined, undefined])
    for (const timelimit of [
      ['9', null],
      [null, -1],
    ])
      assert.throws(
        () => read(limited(timelimit)),
        /must be two numbers of seconds, \[hard, soft\]; one is ("9"|-1)/,
      )
  })

  it('carries its canvas along', () => {
    const canvas = {
      callbacks: [{ task: 'a' }],
      errbacks: [{ task: 'b' }],
      chain: [{ task: 'c' }],
      chord: { task: 'd' },
    }
    const request = read(payload({ json: [[], {}, canvas] }))
    const { callbacks, errbacks, chain, chord } = request
    assert.deepEqual({ callbacks, errbacks, chain, chord }, canvas)
    const { body } = writeTask({ ...request, origin: 'o' })
    assert.deepEqual(body, [[], {}, canvas])
  })
})

describe('a task message of another form', () => {
  for (const { title, message } of recorded.protocol1) {
    it(`is read when it is of protocol 1: ${title}`, () => {
      const body = JSON.parse(message.body)
      const request = read(fromPython(message))
      assert.deepEqual(
        [request.id, request.task, request.args, request.kwargs],
        [ID, 'tasks.add', body.args, body.kwargs],
      )
      assert.deepEqual(
        [request.eta, request.expires, request.retries],
        [body.eta ?? undefined, body.expires ?? undefined, body.retries],
      )
      assert.deepEqual(readHead(fromPython(message), ACCEPT).task, 'tasks.add')
    })
  }

  it('is read when it is of protocol 1 with a group by its old name', () => {
    const json = { task: 'tasks.add', id: ID, args: [1], taskset: 'g-1', callbacks: [{ task: 'a' }] }
    const request = read(payload({ headers: {}, json }))
    assert.deepEqual([request.group, request.callbacks], ['g-1', [{ task: 'a' }]])
  })

  it('is read when it has the headers of protocol 2 and the body of protocol 1', () => {
    const request = read(payload({ json: { args: [1], kwargs: { y: 2 }, chord: { task: 'c' } } }))
    assert.deepEqual([request.args, request.kwargs, request.chord], [[1], { y: 2 }, { task: 'c' }])
  })
})

describe('a time in a message', () => {
  it('without an offset is UTC', () => {
    const noon = Date.UTC(2026, 7, 1, 12, 30, 15)
    for (const text of [
      '2026-08-01T12:30:15',
      '2026-08-01 12:30:15',
      '2026-08-01T12:30:15Z',
      '2026-08-01T12:30:15+00:00',
      '2026-08-01T14:30:15+02:00',
      '2026-08-01T14:30:15+0200',
      '2026-08-01T14:30:15+02',
      '2026-08-01T12:30:15.000000',
    ]) {
      assert.equal(parseTime(text), noon, text)
    }
    assert.equal(parseTime('2026-08-01T12:30:15.123456+00:00'), noon + 123)
    assert.equal(parseTime('2026-08-01'), Date.UTC(2026, 7, 1))
    assert.equal(parseTime('2026-08-01T12:30'), noon - 15_000)
  })

  it('that is none is not guessed', () => {
    for (const text of [
      '',
      'abc 5',
      'tomorrow',
      '5',
      '2026-13-01',
      '2026-08-01T25:00',
      '12:30',
      '1754051415',
    ]) {
      assert.ok(Number.isNaN(parseTime(text)), text)
    }
  })
})

describe('a broken message', () => {
  const headers = { id: ID, task: 'tasks.add' }
  const table: readonly (readonly [
    what: string,
    message: Partial<Payload> & { json?: unknown },
    error: RegExp,
  ])[] = [
    [
      'neither protocol',
      { headers: {}, json: { some: 'thing' } },
      /neither the header 'task' .* nor a body with 'task'/,
    ],
    [
      'a plain text',
      { headers: {}, contentType: 'text/plain', body: Buffer.from('hello') },
      /no task message/,
    ],
    ['a list', { headers: {}, json: [1, 2] }, /no task message/],
    ['null', { headers: {}, json: null }, /no task message/],
    ['no id', { headers: { task: 't' } }, /needs 'id' as a string; it has none/],
    ['an id that is a number', { headers: { task: 't', id: 5 } }, /needs 'id' as a string; it has 5/],
    ['an empty id', { headers: { task: 't', id: '' } }, /needs 'id'/],
    ['a task that is null', { headers: { id: ID, task: null } }, /needs 'task' as a string; it has null/],
    [
      'an eta that is no time',
      { headers: { ...headers, eta: 'abc 5' } },
      /'eta' .* must be a time in ISO 8601; it is "abc 5"/,
    ],
    ['an eta that is a number', { headers: { ...headers, eta: 5 } }, /'eta' .* must be a time/],
    ['an expires that is no time', { headers: { ...headers, expires: {} } }, /'expires' .* must be a time/],
    [
      'retries that are a text',
      { headers: { ...headers, retries: '2' } },
      /'retries' .* must be a whole number/,
    ],
    ['a group_index that is a fraction', { headers: { ...headers, group_index: 0.5 } }, /'group_index'/],
    ['a body that is a text', { json: 'hello' }, /must be \[args, kwargs, embed\]/],
    ['a body that is too short', { json: [[], {}] }, /must be \[args, kwargs, embed\]/],
    ['arguments that are no list', { json: [{}, {}, {}] }, /must have a list of arguments/],
    [
      'keyword arguments that are a list',
      { json: [[], [], {}] },
      /'kwargs' .* must be an object; it is \[\]/,
    ],
    ['keyword arguments that are null', { json: [[], null, {}] }, /'kwargs' .* must be an object/],
    ['an embed that is a list', { json: [[], {}, []] }, /'embed' .* must be an object/],
    ['stamps that are a list', { headers: { ...headers, stamps: [1] } }, /'stamps' .* must be an object/],
    ['hybrid arguments that are no list', { json: { args: 'ab' } }, /'args' .* must be a list/],
  ]
  for (const [what, message, error] of table) {
    it(`is refused with its reason: ${what}`, () => {
      assert.throws(
        () => read(payload(message)),
        (thrown) => thrown instanceof InvalidTaskError && error.test(thrown.message),
      )
    })
  }

  it('is refused when its body is not what it says, or of a type that is not accepted', () => {
    assert.throws(() => read(payload({ body: Buffer.from('{"half') })), DecodeError)
    const pickle = payload({ contentType: 'application/x-python-serialize', contentEncoding: 'binary' })
    assert.throws(() => read(pickle), ContentDisallowed)
    assert.equal(readHead(pickle, ACCEPT).id, ID) // its head can be read nevertheless
  })
})
