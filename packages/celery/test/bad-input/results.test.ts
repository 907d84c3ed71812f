import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryApp, queueSize } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'

const circular: unknown[] = []
circular.push(circular)
const trap = () => {
  throw new Error('a trap')
}
const deep = () => Array.from({ length: 100_000 }).reduce<unknown[]>((inner) => [inner], [])

const BAD_RESULTS: readonly (readonly [what: string, make: () => unknown, error: RegExp])[] = [
  ['a function', () => trap, /cannot be stored: .* a function, which JSON has no form for/],
  ['a symbol', () => Symbol('x'), /cannot be stored: .* a symbol/],
  ['what goes in circles', () => circular, /cannot be stored: .* circular/],
  ['a number that is none', () => Number.NaN, /cannot be stored: .* NaN/],
  ['a date that is none', () => new Date('soon'), /cannot be stored: .* an invalid Date/],
  ['a property that throws', () => ({ get x() { return trap() } }), /cannot be stored: .* a trap/], // biome-ignore format: one row
  ['a toJSON that throws', () => ({ toJSON: trap }), /cannot be stored: .* a trap/],
  ['a list a hundred thousand deep', deep, /cannot be stored: .* call stack/],
]

const BAD_ERRORS: readonly (readonly [what: string, thrown: () => unknown, error: RegExp])[] = [
  ['null', () => null, /null/],
  ['undefined', () => undefined, /null/],
  ['a function', () => trap, /trap/],
  ['what goes in circles', () => circular, /circular/i],
  ['an error whose message throws', () => Object.defineProperty(new Error(), 'message', { get: trap }), /./],
  ['an error that is its own cause', () => Object.assign(new Error('round'), { cause: null }), /round/],
]

const BAD_ARGUMENTS: readonly (readonly [what: string, call: object, error: RegExp])[] = [
  ['too many', { args: [1, 2, 3] }, /add\(\) takes 2 positional arguments but 3 were given/],
  ['an unknown name', { args: [1], kwargs: { z: 1 } }, /add\(\) got an unexpected keyword argument 'z'/],
  ['one twice', { args: [1, 2], kwargs: { x: 1 } }, /add\(\) got multiple values for argument 'x'/],
]

describe('a task that ends in what nobody can use', { timeout: 60_000 }, () => {
  for (const [what, make, error] of BAD_RESULTS) {
    it(`fails when its result cannot be written, and the worker goes on: ${what}`, async (t) => {
      await assertFails(t, make, error)
    })
  }
  for (const [what, thrown, error] of BAD_ERRORS) {
    it(`fails whatever it throws, and the worker goes on: ${what}`, async (t) => {
      await assertFails(
        t,
        () => {
          throw thrown()
        },
        error,
      )
    })
  }
  for (const [what, call, error] of BAD_ARGUMENTS) {
    it(`fails when its arguments do not fit, and the worker goes on: ${what}`, async (t) => {
      await assertFails(t, (x: number, y: number) => x + y, error, call)
    })
  }

  async function assertFails(
    t: Parameters<typeof memoryApp>[0],
    fn: (...args: never[]) => unknown,
    error: RegExp,
    call: object = {},
  ): Promise<void> {
    const app = memoryApp(t)
    app.task('add', fn)
    app.task('good', () => 'good')
    await using running = await RunningWorker.start(app)
    const result = await app.sendTask('add', call)
    const thrown = await result.get({ timeout: 10, propagate: false })
    assert.equal(await result.state(), 'FAILURE')
    assert.ok(thrown instanceof Error)
    assert.match(thrown.message, error)
    assert.equal(await (await app.sendTask('good')).get({ timeout: 30 }), 'good')
    await running.worker.stop()
    assert.deepEqual([await queueSize(app), await queueSize(app, 'celery.dead')], [0, 0])
  }
})
