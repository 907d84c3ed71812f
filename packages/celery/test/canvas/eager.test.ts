import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { ChordError, chain, chord, group, type LooseSettings } from '../../src/index.ts'
import { queueSize } from '../memory-app.ts'
import { describeCanvas } from './canvas-conformance.ts'
import { canvasApp } from './canvas-tasks.ts'

function setUp(t: TestContext, settings: LooseSettings = {}) {
  const canvas = canvasApp({ brokerUrl: `memory://${randomUUID()}`, ...settings })
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

describe('taskEagerPropagates', () => {
  it('throws what the task throws where it is called', async (t) => {
    const { boom, add } = setUp(t, { taskAlwaysEager: true, taskEagerPropagates: true })
    await assert.rejects(boom.delay(), TypeError)
    assert.equal(await (await add.delay(1, 2)).get(), 3)
  })
})
