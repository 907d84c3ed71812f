import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import {
  type AnySignature,
  ChordError,
  chain,
  chord,
  GroupResult,
  group,
  IncompleteStream,
  InvalidTaskError,
  NotRegistered,
  ResultSet,
  TaskRevokedError,
  TimeoutError,
} from '../../src/index.ts'
import { Gate, RunningWorker } from '../running-worker.ts'
import { canvasApp } from './canvas-tasks.ts'

const timeout = 10

function setUp(t: TestContext) {
  const name = randomUUID()
  const canvas = canvasApp({ brokerUrl: `memory://${name}`, resultBackend: `cache+memory://${name}` })
  t.after(() => canvas.app.close())
  return canvas
}

describe('a worker', () => {
  it('has the built-in tasks, and shows them to nobody', (t) => {
    const { tasks } = setUp(t).app
    for (const name of ['accumulate', 'backend_cleanup', 'chord_unlock', 'map', 'starmap', 'chunks']) {
      assert.equal(tasks.get(`celery.${name}`).name, `celery.${name}`)
    }
    assert.equal(tasks.has('celery.toString'), false)
    assert.ok(tasks.names.every((name) => !name.startsWith('celery.')))
    assert.ok([...tasks].every(({ name }) => !name.startsWith('celery.')))
  })

  it('runs celery.accumulate and celery.backend_cleanup', async (t) => {
    const { app } = setUp(t)
    await using _worker = await RunningWorker.start(app)
    const all = await app.sendTask('celery.accumulate', { args: [1, 2] })
    assert.deepEqual(await all.get({ timeout }), [1, 2])
    const one = await app.sendTask('celery.accumulate', { args: [1, 2], kwargs: { index: 1 } })
    assert.equal(await one.get({ timeout }), 2)
    assert.equal(await (await app.sendTask('celery.backend_cleanup')).get({ timeout }), null)
  })

  it('runs chunks that are part of a canvas', async (t) => {
    const { app, add, echo } = setUp(t)
    await using _worker = await RunningWorker.start(app)
    const result = await chain([
      echo.s(1),
      add.chunks(
        [
          [1, 2],
          [3, 4],
        ],
        1,
      ),
    ] as AnySignature[]).applyAsync()
    const tuple = (await result.get({ timeout })) as Parameters<typeof app.resultFromTuple>[0]
    assert.deepEqual(await app.resultFromTuple(tuple).get({ timeout }), [[3], [7]])
  })

  it('lets what waits behind an unknown task hear that it is unknown', async (t) => {
    const { app, echo } = setUp(t)
    await using _worker = await RunningWorker.start(app)
    const unknown = app.signature('nobody.knows')
    const result = await chain(unknown, echo.s()).applyAsync()
    assert.ok((await result.get({ timeout, propagate: false })) instanceof NotRegistered)
    const whole = await chord([unknown, echo.s(1)], echo.s()).applyAsync()
    assert.ok((await whole.get({ timeout, propagate: false })) instanceof ChordError)
  })

  it('lets what waits behind a revoked task hear that it was revoked', async (t) => {
    const { app, echo } = setUp(t)
    await using worker = await RunningWorker.start(app)
    const first = echo.s(1)
    const header = echo.s(1)
    for (const { id } of [first.freeze(), header.freeze()]) worker.worker.state.revoked.add(id)
    const result = await chain(first, echo.s(), echo.s()).applyAsync()
    assert.ok((await result.get({ timeout, propagate: false })) instanceof TaskRevokedError)
    const whole = await chord([header, echo.s(2)], echo.s()).applyAsync()
    assert.ok((await whole.get({ timeout, propagate: false })) instanceof ChordError)
  })

  it('does not run a task whose canvas cannot be read, and goes on', async (t) => {
    const { app, noted, echo } = setUp(t)
    await using _worker = await RunningWorker.start(app)
    const bad = { encode: () => 'no signature', toJSON: () => 'no signature' } as unknown as AnySignature
    for (const call of [{ link: bad }, { linkError: bad }, { chain: [bad] }, { chord: bad, groupId: 'g' }]) {
      const result = await app.sendTask('canvas.note', { args: ['ran'], ...call })
      await assert.rejects(result.get({ timeout }), InvalidTaskError)
    }
    assert.equal(await (await echo.delay(1)).get({ timeout }), 1)
    assert.deepEqual(noted, [])
  })

  it('fails a task whose result cannot be sent on, and who waits for it', async (t) => {
    const { app, echo } = setUp(t)
    const circular = app.task('canvas.circular', () => {
      const value: { self?: unknown } = {}
      value.self = value
      return value
    })
    await using _worker = await RunningWorker.start(app)
    const result = await chain([circular.s(), echo.s()] as AnySignature[]).applyAsync()
    await assert.rejects(result.get({ timeout }), /circular/i)
    const whole = await chord([circular.s(), echo.s(1)] as AnySignature[], echo.s()).applyAsync()
    assert.ok((await whole.get({ timeout, propagate: false })) instanceof ChordError)
  })

  it('ends a chord whose tasks keep no results', async (t) => {
    const { app, echo } = setUp(t)
    await using _worker = await RunningWorker.start(app)
    const header = [echo.s(1).set({ ignoreResult: true }), echo.s(2).set({ ignoreResult: true })]
    assert.deepEqual(await (await chord(header, echo.s()).applyAsync()).get({ timeout }), [1, 2])
  })

  it('keeps a chord waiting while a part of it is tried again', async (t) => {
    const { app, echo } = setUp(t)
    const again = app.task(
      'canvas.again',
      async (self): Promise<number> => (self.request.retries < 2 ? self.retry({ countdown: 0.01 }) : 7),
      { bind: true },
    )
    await using _worker = await RunningWorker.start(app)
    const whole = await chord([again.s(), echo.s(1)], echo.s()).applyAsync()
    assert.deepEqual(await whole.get({ timeout }), [7, 1])
  })

  it('makes what a task sends its child, of the same root', async (t) => {
    const { app, see } = setUp(t)
    const parent = app.task('canvas.parent', async () => {
      const [one, many] = [await see.delay('one'), await group(see.s('a'), see.s('b')).applyAsync()]
      return [one.id, many.id]
    })
    await using _worker = await RunningWorker.start(app)
    const result = await parent.delay()
    const [one, many] = await result.get({ timeout })
    const children = await result.children()
    assert.deepEqual(
      children.map(({ id }) => id),
      [one, many],
    )
    const seen = (await children[0]?.get({ timeout })) as { root: string; parent: string }
    assert.deepEqual([seen.root, seen.parent], [result.id, result.id])
    const values: unknown[] = []
    for await (const [, value] of result.collect({ intermediate: true, timeout })) values.push(value)
    assert.equal(values.length, 5) // itself, its two children, and the two of the group
    assert.deepEqual(await result.getLeaf({ timeout }), values.at(-1))
  })

  it('refuses a chord where no results are kept, before anything is sent', async (t) => {
    const { app, add, total } = canvasApp({ brokerUrl: `memory://${randomUUID()}` })
    t.after(() => app.close())
    await assert.rejects(chord([add.s(1, 1)], total.s()).applyAsync(), /Set resultBackend/)
  })
})

describe('results in a set', () => {
  it('come as they are done, or all together', async (t) => {
    const { app, echo } = setUp(t)
    const gate = new Gate()
    const slow = app.task('canvas.slow', async () => gate.pass())
    await using _worker = await RunningWorker.start(app)
    const results = [await slow.delay(), await echo.delay('fast')]
    const set = new ResultSet(results)
    assert.deepEqual([set.length, [...set]], [2, results])
    await results[1]?.get({ timeout })
    assert.deepEqual([await set.ready(), await set.waiting(), await set.completedCount()], [false, true, 1])
    await assert.rejects(set.get({ timeout: 0.01 }), TimeoutError)
    const values: unknown[] = []
    for await (const [, value] of set.iterate({ timeout })) {
      values.push(value)
      gate.open()
    }
    assert.deepEqual(values, ['fast', null])
    assert.deepEqual(await set.join({ timeout }), [null, 'fast'])
    set.add(...results)
    assert.equal(set.length, 2)
    for (const result of results) set.discard(result)
    assert.deepEqual([set.length, await set.get()], [0, []])
  })

  it('are collected when they are done, and not before', async (t) => {
    const { echo } = setUp(t)
    const result = await echo.delay(1)
    await assert.rejects(result.collect().next(), IncompleteStream)
  })

  it('of a group are collected with all that its tasks started', async (t) => {
    const { add } = setUp(t)
    const first = add.s(1, 1)
    first.link(add.s(5))
    const result = await group(first, add.s(2, 2)).apply()
    const values: unknown[] = []
    for await (const [, value] of result.collect()) values.push(value)
    assert.deepEqual(values, [[2, 4], 2, 4, 7])
  })

  it('become a tuple and come back', async (t) => {
    const { app, echo } = setUp(t)
    const result = chain(echo.s(1), group(echo.s(), echo.s())).freeze()
    const back = app.resultFromTuple(result.asTuple())
    assert.ok(back instanceof GroupResult && result instanceof GroupResult)
    assert.deepEqual([back.asTuple(), back.asList()], [result.asTuple(), result.asList()])
    assert.equal(back.asList().length, 2)
  })
})
