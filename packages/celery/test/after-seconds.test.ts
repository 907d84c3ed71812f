import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { afterSeconds } from '../src/after-seconds.ts'

const DAY = 86_400

/** Day by day: a timer that is set on the way starts from where the clock is then. */
function pass(t: TestContext, days: number): void {
  for (let day = 0; day < days; day += 1) t.mock.timers.tick(DAY * 1000)
}

describe('afterSeconds', () => {
  it('calls once, also after longer than setTimeout can wait', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const call = t.mock.fn()
    afterSeconds(60 * DAY, call)
    pass(t, 59)
    assert.equal(call.mock.callCount(), 0)
    pass(t, 2)
    assert.equal(call.mock.callCount(), 1)
    pass(t, 60)
    assert.equal(call.mock.callCount(), 1)
  })

  it('does not call when it was taken back, whenever that was', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const call = t.mock.fn()
    const takeBack = afterSeconds(60 * DAY, call)
    pass(t, 30)
    takeBack()
    takeBack()
    pass(t, 60)
    assert.equal(call.mock.callCount(), 0)
  })
})
