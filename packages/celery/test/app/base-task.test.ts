import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AnySignature, BaseTask, type CallOptions, type State } from '../../src/index.ts'
import { memoryApp, takeMessage } from '../memory-app.ts'
import { Gate, RunningWorker } from '../running-worker.ts'

class Divide extends BaseTask<[number, number], number> {
  readonly name = 'tasks.divide'
  override readonly options = { maxRetries: 1 }
  readonly #told: string[] = []
  readonly #ended = Promise.withResolvers<readonly string[]>()
  readonly #expected: number

  constructor(runs = 1) {
    super()
    this.#expected = runs
  }

  /** What the hooks were told, once as many runs have returned as are expected. */
  get told(): Promise<readonly string[]> {
    return this.#ended.promise
  }

  run(dividend: number, divisor: number): number | Promise<never> {
    if (divisor === 0 && this.request.retries === 0)
      return this.retry({ exc: new RangeError('zero'), countdown: 0 })
    if (divisor === 0) throw new RangeError('zero')
    return dividend / divisor
  }

  override beforeStart(_taskId: string, args: readonly unknown[]): void {
    this.#told.push(`beforeStart ${args.join('/')}`)
  }

  override onSuccess(result: unknown): void {
    this.#told.push(`onSuccess ${result}`)
  }

  override onRetry(error: unknown): void {
    this.#told.push(`onRetry ${error}`)
  }

  override onFailure(error: unknown): void {
    this.#told.push(`onFailure ${error}`)
  }

  override afterReturn(state: State): void {
    this.#told.push(`afterReturn ${state}`)
    const returned = this.#told.filter((line) => line.startsWith('afterReturn')).length
    if (returned === this.#expected) this.#ended.resolve(this.#told)
  }
}

class Forward extends BaseTask<[number], number> {
  readonly name = 'tasks.forward'
  readonly replacements: string[] = []
  #asked = false

  run(x: number): Promise<never> {
    return this.replace(this.app.signature('tasks.double', { args: [x] }))
  }

  override onReplace(signature: AnySignature): void {
    this.replacements.push(`${signature.id === this.request.id} ${signature}`)
    if (!this.#asked) this.#asked = true
    else throw new RangeError('once is enough')
  }

  override shadowName(args: readonly unknown[], _kwargs: object, { priority }: CallOptions): string {
    return `forward-${args[0]}-${priority}`
  }
}

describe('a task that is a class', () => {
  it('hears what takes its place, and may refuse it', async (t) => {
    const app = memoryApp(t)
    const task = new Forward()
    const forward = app.registerTask(task)
    app.task('tasks.double', (x: number) => x * 2)
    await using running = await RunningWorker.start(app, { pool: 'async' })
    assert.equal(await (await forward.delay(4)).get({ timeout: 30 }), 8)
    await assert.rejects((await forward.delay(4)).get({ timeout: 30 }), /once is enough/)
    assert.deepEqual(task.replacements, ['true tasks.double', 'true tasks.double'])
    await running.logger.said(/tasks.double.* succeeded/)
  })

  it('says how its calls are to be called, unless the call says it', async (t) => {
    const app = memoryApp(t)
    const forward = app.registerTask(new Forward())
    await forward.applyAsync({ args: [4], priority: 3 })
    await forward.applyAsync({ args: [4], shadow: 'mine' })
    const shadows = [(await takeMessage(app))?.headers.shadow, (await takeMessage(app))?.headers.shadow]
    assert.deepEqual(shadows, ['forward-4-3', 'mine'])
  })

  it('runs, and its hooks are told of a success', async (t) => {
    const app = memoryApp(t)
    const task = new Divide()
    const divide = app.registerTask(task)
    await using _running = await RunningWorker.start(app, { pool: 'async' })
    assert.equal(await (await divide.delay(6, 3)).get({ timeout: 20 }), 2)
    assert.deepEqual(await task.told, ['beforeStart 6/3', 'onSuccess 2', 'afterReturn SUCCESS'])
  })

  it('takes arguments by the names of its run, and its hooks are told of retry and failure', async (t) => {
    const app = memoryApp(t)
    const task = new Divide(2)
    app.registerTask(task)
    await using _running = await RunningWorker.start(app, { pool: 'async' })
    const result = await app.sendTask('tasks.divide', { args: [1], kwargs: { divisor: 0 } })
    await assert.rejects(result.get({ timeout: 20 }), { message: 'zero' })
    // The retry may run before the first run has said that there is one.
    assert.deepEqual((await task.told).toSorted(), [
      'afterReturn FAILURE',
      'afterReturn RETRY',
      'beforeStart 1',
      'beforeStart 1',
      'onFailure RangeError: zero',
      'onRetry RangeError: zero',
    ])
  })

  it('has each run its own request, also side by side', async (t) => {
    const app = memoryApp(t)
    const gate = new Gate()
    class Echo extends BaseTask<[], string> {
      readonly name = 'tasks.echo'

      async run(): Promise<string> {
        await gate.pass()
        return this.request.id
      }
    }
    const echo = app.registerTask(new Echo())
    await using _running = await RunningWorker.start(app, { pool: 'async' })
    const results = [await echo.delay(), await echo.delay()]
    await gate.entered
    gate.open()
    for (const result of results) assert.equal(await result.get({ timeout: 20 }), result.id)
  })

  it('has no request while it does not run', () => {
    assert.throws(() => new Divide().request, /tasks\.divide is not running/)
  })

  it('is not undone by a hook that fails', async (t) => {
    const app = memoryApp(t)
    class Fine extends BaseTask<[], string> {
      readonly name = 'tasks.fine'
      run = () => 'fine'
      override onSuccess(): void {
        throw new Error('the hook is broken')
      }
    }
    const fine = app.registerTask(new Fine())
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    await using _running = await RunningWorker.start(app, { pool: 'async' })
    assert.equal(await (await fine.delay()).get({ timeout: 20 }), 'fine')
    assert.match((await warned).message, /hook of task tasks\.fine.*the hook is broken/s)
  })
})
