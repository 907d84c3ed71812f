import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { systemClock } from '../../src/worker/clock.ts'
import { Timer } from '../../src/worker/timer.ts'

const START = 1_000_000
const DAY = 86_400_000

describe('a timer', () => {
  let now = START
  let called: string[]
  let timer: Timer
  const at = (seconds: number, name: string) => timer.callAt(START + seconds * 1000, () => called.push(name))
  const pass = (seconds: number) => {
    now += seconds * 1000
    mock.timers.tick(seconds * 1000)
  }

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    now = START
    called = []
    timer = new Timer({ ...systemClock, now: () => now })
  })
  afterEach(() => mock.timers.reset())

  it('calls things at their time, soonest first, whatever the order they came in', () => {
    for (const seconds of [5, 1, 4, 9, 2, 3, 8, 7, 6, 0]) at(seconds, `at ${seconds}`)
    pass(0)
    assert.deepEqual(called, ['at 0'])
    pass(3)
    assert.deepEqual(called, ['at 0', 'at 1', 'at 2', 'at 3'])
    pass(6)
    assert.deepEqual(called.slice(4), ['at 4', 'at 5', 'at 6', 'at 7', 'at 8', 'at 9'])
    assert.equal(timer.size, 0)
  })

  it('keeps the order of a thousand', () => {
    const seconds = Array.from({ length: 1000 }, (_, index) => (index * 7919) % 1009)
    for (const second of seconds) at(second, String(second))
    pass(1009)
    assert.deepEqual(
      called.map(Number),
      seconds.toSorted((a, b) => a - b),
    )
  })

  it('calls what is already due, but not at once', () => {
    at(-5, 'late')
    assert.deepEqual(called, [])
    pass(0)
    assert.deepEqual(called, ['late'])
  })

  it('calls what is added while it calls', () => {
    timer.callAt(START + 1000, () => at(1, 'second'))
    pass(1)
    pass(0)
    assert.deepEqual(called, ['second'])
  })

  it('does not call what was taken back, or cleared', () => {
    const takeBack = at(1, 'one')
    at(2, 'two')
    takeBack()
    pass(2)
    assert.deepEqual(called, ['two'])
    at(3, 'three')
    timer.clear()
    pass(5)
    assert.deepEqual([called, timer.size], [['two'], 0])
    at(6, 'six')
    pass(5)
    assert.deepEqual(called, ['two', 'six'])
  })

  it('waits longer than setTimeout can', () => {
    at(60 * 86_400, 'in sixty days')
    for (let day = 0; day < 59; day++) pass(DAY / 1000)
    assert.deepEqual(called, [])
    pass(DAY / 1000)
    assert.deepEqual(called, ['in sixty days'])
  })

  it('looks again when it is woken too early', () => {
    at(10, 'ten')
    mock.timers.tick(10_000) // the clock did not move
    assert.deepEqual(called, [])
    now += 10_000
    mock.timers.tick(10_000)
    assert.deepEqual(called, ['ten'])
  })
})
