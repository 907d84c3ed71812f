import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { InvalidValueError } from '@voice-pocket/kombu'
import { readTask } from '../../src/app/protocol.ts'
import {
  AlreadyRegistered,
  Celery,
  type Context,
  MaxRetriesExceededError,
  NotRegistered,
  Retry,
} from '../../src/index.ts'
import { memoryApp, takeMessage } from '../memory-app.ts'

/** The request that a worker would make of the next message in the default queue. */
async function nextRequest(app: Celery, queue = 'celery'): Promise<Context> {
  const message = await takeMessage(app, queue)
  assert.ok(message, `nothing was sent to ${queue}`)
  const { exchange, routingKey } = message.deliveryInfo
  const deliveryInfo = {
    exchange,
    routingKey,
    priority: message.properties.priority ?? 0,
    redelivered: false,
  }
  return readTask({ payload: message, deliveryInfo, hostname: 'w@h' }, ['json'], new AbortController().signal)
}

/** Milliseconds from now. */
const fromNow = (time: string | undefined) => Date.parse(String(time)) - Date.now()

describe('a task', () => {
  it('is sent by delay with its arguments, and by applyAsync with all the rest', async (t) => {
    const app = memoryApp(t)
    const add = app.task('tasks.add', (x: number, y: number) => x + y)
    const result = await add.delay(2, 3)
    const plain = await nextRequest(app)
    assert.deepEqual([plain.id, plain.task, plain.args, plain.kwargs], [result.id, 'tasks.add', [2, 3], {}])
    await add.applyAsync({
      args: [1, 2],
      kwargs: { y: 5 },
      taskId: 'my-id',
      headers: { tenant: 'a' },
      priority: 3,
      shadow: 's',
    })
    const full = await nextRequest(app)
    assert.deepEqual(
      [full.id, full.kwargs, full.headers, full.shadow],
      ['my-id', { y: 5 }, { tenant: 'a' }, 's'],
    )
    assert.equal(full.deliveryInfo.priority, 3)
  })

  it('waits for a countdown or an eta; a countdown of 0 is none', async (t) => {
    const app = memoryApp(t)
    const task = app.task('t', () => 1)
    await task.applyAsync({ countdown: 60 })
    assert.ok(Math.abs(fromNow((await nextRequest(app)).eta) - 60_000) < 5_000)
    const eta = new Date(Date.now() + 3_600_000)
    await task.applyAsync({ eta })
    assert.equal((await nextRequest(app)).eta, eta.toISOString())
    await task.applyAsync({ countdown: 0 })
    assert.equal((await nextRequest(app)).eta, undefined)
  })

  it('expires at a moment, after seconds, or as its options say', async (t) => {
    const app = memoryApp(t)
    const moment = new Date(Date.now() + 3_600_000)
    const task = app.task('t', () => 1, { expires: 60 })
    await task.delay()
    assert.ok(Math.abs(fromNow((await nextRequest(app)).expires) - 60_000) < 5_000)
    await task.applyAsync({ expires: moment })
    assert.equal((await nextRequest(app)).expires, moment.toISOString())
  })

  it('refuses a time that is none, and a serializer that does not exist', async (t) => {
    const task = memoryApp(t).task('t', () => 1)
    await assert.rejects(task.applyAsync({ eta: new Date('x') }), /RangeError: 'eta' is not a valid time/)
    await assert.rejects(
      task.applyAsync({ countdown: Number.POSITIVE_INFINITY }),
      /'eta' is not a valid time/,
    )
    await assert.rejects(
      task.applyAsync({ expires: Number.POSITIVE_INFINITY }),
      /'expires' is not a valid time/,
    )
    await assert.rejects(task.applyAsync({ serializer: 'pickle' }), InvalidValueError)
  })

  it('is sent with the serializer and the compression of its options', async (t) => {
    const app = memoryApp(t, { acceptContent: ['json', 'msgpack'] })
    await app.task('t', (_text: string) => 1, { serializer: 'msgpack', compression: 'gzip' }).delay('안녕')
    const message = await takeMessage(app)
    assert.equal(message?.contentType, 'application/x-msgpack')
    assert.equal(message?.headers.compression, 'application/x-gzip')
  })

  it('is called by another name in logs and monitors, if its shadowName says so', async (t) => {
    const app = memoryApp(t)
    const shadowName = (args: readonly unknown[]) => (args[0] === 1 ? 'one' : undefined)
    const task = app.task('t', (x: number) => x, { shadowName })
    await task.delay(1)
    await task.delay(2)
    await task.applyAsync({ args: [1], shadow: 'mine' })
    const shadows: unknown[] = []
    for (let count = 0; count < 3; count += 1) shadows.push((await nextRequest(app)).shadow)
    assert.deepEqual(shadows, ['one', undefined, 'mine'])
  })

  it('ignores its result where it, the call or the settings say so', async (t) => {
    const app = memoryApp(t, { taskIgnoreResult: true })
    await app.task('a', () => 1).delay()
    await app.task('b', () => 1, { ignoreResult: false }).delay()
    await app.tasks.get('b').applyAsync({ ignoreResult: true })
    await app.sendTask('a') // by its name alone: nothing is ignored, as in Python
    const sent: unknown[] = []
    for (let count = 0; count < 4; count += 1) sent.push((await nextRequest(app)).ignoreResult)
    assert.deepEqual(sent, [true, false, true, false])
  })

  it('has a name that no other task has', (t) => {
    const app = memoryApp(t)
    app.task('t', () => 1)
    assert.throws(() => app.task('t', () => 2), AlreadyRegistered)
    assert.throws(() => app.tasks.get('other'), NotRegistered)
    assert.deepEqual(app.tasks.names, ['t'])
  })
})

describe('a bound task', () => {
  const retrying = (t: TestContext, ...[options, retry]: [object, object?]) => {
    const app = memoryApp(t)
    const task = app.task('t', (self, _x: number) => self.retry(retry ?? {}), { bind: true, ...options })
    return { app, task }
  }

  it('knows its request, and stores states of its own', async (t) => {
    const app = memoryApp(t)
    const task = app.task(
      't',
      async (self, x: number) => {
        await self.updateState('PROGRESS', { done: x })
        return [self.name, self.request.args, self.request.hostname, self.app === app]
      },
      { bind: true },
    )
    const result = await task.delay(4)
    assert.deepEqual(await task.run(await nextRequest(app)), ['t', [4], 'w@h', true])
    assert.deepEqual([await result.state(), await result.info()], ['PROGRESS', { done: 4 }])
  })

  it('is sent again by retry: same id, one more retry, later, to the queue it came from', async (t) => {
    const { app, task } = retrying(t, { defaultRetryDelay: 60 })
    await task.applyAsync({
      args: [7],
      kwargs: { a: 1 },
      queue: 'slow',
      taskId: 'id-1',
      priority: 6,
      headers: { h: 1 },
    })
    const first = await nextRequest(app, 'slow')
    await assert.rejects(
      app.tasks.get('t').run({ ...first, kwargs: {} }),
      (error) => error instanceof Retry && error.when === 60,
    )
    const again = await nextRequest(app, 'slow')
    assert.deepEqual([again.id, again.args, again.retries], ['id-1', [7], 1])
    assert.deepEqual([again.parentId, again.rootId], ['id-1', 'id-1'])
    assert.deepEqual(
      [again.deliveryInfo.priority, again.headers, again.replyTo],
      [6, { h: 1 }, first.replyTo],
    )
    assert.ok(Math.abs(fromNow(again.eta) - 60_000) < 5_000)
  })

  it('is sent again in the form that its options say', async (t) => {
    const { app, task } = retrying(t, { compression: 'gzip', deliveryMode: 'transient' })
    await task.delay(7)
    await assert.rejects(task.run(await nextRequest(app)), Retry)
    const again = await takeMessage(app)
    assert.deepEqual([again?.headers.compression, again?.properties.deliveryMode], ['application/x-gzip', 1])
  })

  it('is sent again with other arguments and at another time, if retry says so', async (t) => {
    const eta = new Date(Date.now() + 3_600_000)
    const { app, task } = retrying(t, {}, { args: [8], kwargs: {}, eta })
    await task.delay(7)
    await assert.rejects(task.run(await nextRequest(app)), Retry)
    const again = await nextRequest(app)
    assert.deepEqual([again.args, again.eta], [[8], eta.toISOString()])
  })

  it('gives up after maxRetries with what went wrong, and sends nothing', async (t) => {
    const exc = new RangeError('too far')
    for (const [options, retry, expected] of [
      [{ maxRetries: 2 }, {}, (error: unknown) => error instanceof MaxRetriesExceededError],
      [{}, { exc, maxRetries: 2 }, (error: unknown) => error === exc],
    ] as const) {
      const { app, task } = retrying(t, options, retry)
      await task.applyAsync({ args: [1], retries: 2 })
      await assert.rejects(task.run(await nextRequest(app)), expected)
      assert.equal(await takeMessage(app), undefined)
    }
  })

  it('retries three times unless told otherwise, and without end with null', async (t) => {
    const byDefault = retrying(t, {})
    await byDefault.task.applyAsync({ args: [1], retries: 3 })
    await assert.rejects(byDefault.task.run(await nextRequest(byDefault.app)), MaxRetriesExceededError)
    const endless = retrying(t, { maxRetries: null })
    await endless.task.applyAsync({ args: [1], retries: 1000 })
    await assert.rejects(endless.task.run(await nextRequest(endless.app)), Retry)
    assert.equal((await nextRequest(endless.app)).retries, 1001)
  })
})

describe('an app', () => {
  it('sends a task that it does not have', async (t) => {
    const app = memoryApp(t)
    const result = await app.sendTask<number>('elsewhere.add', { args: [1, 2] })
    assert.equal((await nextRequest(app)).id, result.id)
  })

  it('can be closed twice, before it is used, and be used again', async (t) => {
    const app = memoryApp(t)
    await app.close()
    await app.sendTask('t')
    await app.close()
    await app.close()
    await app.sendTask('t')
    assert.equal((await nextRequest(app)).task, 't')
  })

  it('can be closed although its backend could not be opened', async () => {
    const app = new Celery('test', { resultBackend: 'abacus://' })
    await assert.rejects(app.backend(), /there are backends for memory:/)
    await app.close()
  })
})
