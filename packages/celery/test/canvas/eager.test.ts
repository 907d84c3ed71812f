import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { createBackend } from '../../src/backends/index.ts'
import { ChordError, chain, chord, EagerResult, group, type LooseSettings } from '../../src/index.ts'
import { queueSize } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'
import { describeCanvas } from './canvas-conformance.ts'
import { canvasApp } from './canvas-tasks.ts'

function setUp(t: TestContext, settings: LooseSettings = {}) {
  const name = randomUUID()
  const canvas = canvasApp({
    brokerUrl: `memory://${name}`,
    resultBackend: `cache+memory://${name}`,
    ...settings,
  })
  t.after(() => canvas.app.close())
  return canvas
}

describeCanvas('nothing, with taskAlwaysEager', async () => ({
  brokerUrl: `memory://${randomUUID()}`,
  taskAlwaysEager: true,
}))

describe('apply', () => {
  it('runs a task here, and its result is there', async (t) => {
    const { app, add, boom } = setUp(t)
    const result = await add.apply({ args: [1, 2] })
    assert.deepEqual([await result.ready(), await result.get()], [true, 3])
    const failed = await boom.apply()
    assert.equal(await failed.failed(), true)
    await assert.rejects(failed.get(), TypeError)
    assert.equal(await queueSize(app), 0)
  })

  it('keeps its results in the result backend too, where the settings say so', async (t) => {
    for (const taskAlwaysEager of [true, false]) {
      for (const taskStoreEagerResult of [true, false]) {
        const { app, add, boom } = setUp(t, { taskAlwaysEager, taskStoreEagerResult })
        await using kept = await createBackend(app.conf.resultBackend)
        const result = await chain(add.s(1, 1), add.s(2)).apply()
        const failed = await boom.apply()
        const ignored = await add.apply({ args: [1, 2], ignoreResult: true })
        const ids = [result.id, String(result.parent?.id), failed.id, ignored.id]
        const metas = await Promise.all(ids.map((id) => kept.getTaskMeta(id)))
        assert.deepEqual(
          metas.map(({ status }) => status),
          taskStoreEagerResult
            ? ['SUCCESS', 'SUCCESS', 'FAILURE', 'PENDING']
            : ['PENDING', 'PENDING', 'PENDING', 'PENDING'],
        )
        assert.equal(await result.get(), 4)
        if (taskStoreEagerResult) assert.equal(metas[0]?.result, 4)
      }
    }
  })

  it('runs a whole canvas, callbacks and retries too', async (t) => {
    const { app, add, total, note, noted, boom, echo } = setUp(t)
    const again = app.task(
      'canvas.again',
      async (self): Promise<number> => (self.request.retries < 2 ? self.retry({ countdown: 60 }) : 7),
      { bind: true },
    )
    const whole = chain(again.s(), group(add.s(1), add.s(2)), total.s())
    whole.link(note.s())
    const result = await whole.apply()
    assert.equal(await result.get(), 17)
    assert.equal(await result.parent?.parent?.get(), 7)
    assert.deepEqual(noted, [17])
    const failed = await chord([boom.s(), echo.s(1)], echo.s()).apply()
    await assert.rejects(failed.get(), ChordError)
    assert.equal(await queueSize(app), 0)
  })
})

describe('an EagerResult', () => {
  it('is what apply gives, and every call with taskAlwaysEager, and has its answer with it', async (t) => {
    const { add, boom } = setUp(t)
    const eager = setUp(t, { taskAlwaysEager: true })
    const results = [
      await add.apply({ args: [1, 2] }),
      await eager.add.delay(1, 2),
      await eager.add.s(1, 2).delay(),
    ]
    for (const result of results) {
      assert.ok(result instanceof EagerResult)
      assert.deepEqual([await result.ready(), await result.state(), await result.get()], [true, 'SUCCESS', 3])
    }
    const failed = await boom.apply()
    await assert.rejects(failed.get(), TypeError)
    assert.ok((await failed.info()) instanceof TypeError)
    assert.match(String(await failed.traceback()), /boom/)
  })

  it('is of every part of a canvas, and knows what each started', async (t) => {
    const { add } = setUp(t)
    const result = await chain(add.s(1, 1), group(add.s(1), add.s(2))).apply()
    assert.ok([...result].every((part) => part instanceof EagerResult))
    const first = result.parent
    assert.ok(first instanceof EagerResult)
    const [started] = await first.children()
    assert.deepEqual(await started?.get(), [3, 4])
    const collected: unknown[] = []
    for await (const [, value] of first.collect()) collected.push(value)
    assert.deepEqual(collected, [2, [3, 4], 3, 4])
  })

  it('is not forgotten, and is revoked only by name', async (t) => {
    const { add } = setUp(t)
    const result = await add.apply({ args: [1, 2] })
    await result.forget()
    assert.equal(await result.get(), 3)
    await result.revoke()
    assert.equal(await result.state(), 'REVOKED')
  })
})

describe('request.isEager', () => {
  it('tells a task whether it runs where it was called', async (t) => {
    const { app } = setUp(t)
    const told = app.task('canvas.told', ({ request }) => request.isEager, { bind: true })
    await using _worker = await RunningWorker.start(app)
    assert.equal(await (await told.apply()).get(), true)
    assert.equal(await (await told.delay()).get({ timeout: 30 }), false)
  })
})

describe('taskEagerPropagates', () => {
  it('throws what the task throws where it is called', async (t) => {
    const { boom, add } = setUp(t, { taskAlwaysEager: true, taskEagerPropagates: true })
    await assert.rejects(boom.delay(), TypeError)
    assert.equal(await (await add.delay(1, 2)).get(), 3)
  })
})
