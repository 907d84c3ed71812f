import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type Channel, Consumer, Queue } from '@voice-pocket/kombu'
import {
  Blueprint,
  ConsumerStep,
  ImproperlyConfigured,
  StartStopStep,
  Step,
  type StepClass,
} from '../src/index.ts'
import { silentLogger } from '../src/logger.ts'
import { memoryApp } from './memory-app.ts'
import { RecordingLogger } from './recording-logger.ts'

/** What the steps of one test did, in order. */
class Diary {
  readonly lines: string[] = []

  /** A step that writes down what is done to it. */
  step(
    name: string,
    options: {
      requires?: readonly StepClass<never>[]
      precedes?: readonly StepClass<never>[]
      fails?: 'start' | 'stop'
    } = {},
  ): StepClass<string> {
    const { lines } = this
    class Noted extends StartStopStep<string> {
      static override readonly requires = options.requires ?? []
      static override readonly precedes = options.precedes ?? []
      override async start(parent: string): Promise<void> {
        lines.push(`start ${name} of ${parent}`)
        if (options.fails === 'start') throw new Error(`${name} does not start`)
      }
      override async stop(): Promise<void> {
        lines.push(`stop ${name}`)
        if (options.fails === 'stop') throw new Error(`${name} does not stop`)
      }
    }
    Object.defineProperty(Noted, 'name', { value: name })
    return Noted
  }
}

const blueprint = (classes: readonly StepClass<string>[]) => new Blueprint('Test', classes, silentLogger)

describe('a blueprint', () => {
  it('orders steps by what they require, and leaves the others in their place', () => {
    const diary = new Diary()
    const a = diary.step('A')
    const b = diary.step('B', { requires: [a] })
    const c = diary.step('C', { requires: [b, a] })
    const d = diary.step('D')
    assert.deepEqual(blueprint([c, d, b, a]).order, ['A', 'B', 'C', 'D'])
    assert.deepEqual(blueprint([d, a, b, c]).order, ['D', 'A', 'B', 'C'])
    assert.deepEqual(blueprint([c]).order, ['A', 'B', 'C'])
  })

  it('starts a step before those that it precedes, wherever they stand', () => {
    const diary = new Diary()
    const a = diary.step('A')
    const b = diary.step('B', { requires: [a] })
    const early = diary.step('Early', { precedes: [a] })
    assert.deepEqual(blueprint([b, a, early]).order, ['Early', 'A', 'B'])
    assert.deepEqual(blueprint([early]).order, ['Early'])
    const circular = diary.step('Circular', { requires: [b], precedes: [a] })
    assert.throws(() => blueprint([b, circular]), /in a circle: B -> A -> Circular -> B\./)
  })

  it('names the circle in which steps require each other', () => {
    const diary = new Diary()
    const first: StepClass<never>[] = []
    const a = diary.step('A', { requires: first })
    const b = diary.step('B', { requires: [a] })
    first.push(diary.step('C', { requires: [b] }))
    assert.throws(
      () => blueprint([diary.step('D', { requires: [a] })]),
      (error) =>
        error instanceof ImproperlyConfigured && /in a circle: A -> C -> B -> A\./.test(error.message),
    )
    const own: StepClass<never>[] = []
    own.push(diary.step('Self', { requires: own }))
    assert.throws(() => blueprint(own as unknown as StepClass<string>[]), /in a circle: Self -> Self\./)
  })

  it('starts in order, stops in reverse, and can do so again', async () => {
    const diary = new Diary()
    const steps = blueprint([diary.step('A'), diary.step('B')])
    for (const round of ['one', 'two']) {
      await steps.start(round)
      await steps.stop(round)
    }
    assert.deepEqual(diary.lines, [
      ...['start A of one', 'start B of one', 'stop B', 'stop A'],
      ...['start A of two', 'start B of two', 'stop B', 'stop A'],
    ])
  })

  it('can be stopped twice, and before it was started', async () => {
    const diary = new Diary()
    const steps = blueprint([diary.step('A')])
    await steps.stop('x')
    await steps.start('x')
    await Promise.all([steps.stop('x'), steps.stop('x'), steps.terminate('x')])
    assert.deepEqual(diary.lines, ['start A of x', 'stop A'])
  })

  it('leaves out steps that do not take part', async () => {
    const diary = new Diary()
    class Absent extends diary.step('Absent') {
      override includeIf(parent: string): boolean {
        return parent === 'invited'
      }
    }
    class Passive extends Step<string> {}
    const steps = blueprint([Absent as StepClass<string>, Passive])
    await steps.start('stranger')
    assert.deepEqual(diary.lines, [])
    await steps.start('invited')
    assert.deepEqual(diary.lines, ['start Absent of invited'])
  })

  it('rejects with the first error of a start, and stops what was reached', async () => {
    const diary = new Diary()
    const steps = blueprint([diary.step('A'), diary.step('B', { fails: 'start' }), diary.step('C')])
    await assert.rejects(steps.start('x'), /B does not start/)
    await steps.stop('x')
    assert.deepEqual(diary.lines, ['start A of x', 'start B of x', 'stop B', 'stop A'])
  })

  it('gives every step its turn to stop, also after one that fails, and says which', async () => {
    const diary = new Diary()
    const logger = new RecordingLogger()
    const steps = new Blueprint('Test', [diary.step('A'), diary.step('B', { fails: 'stop' })], logger)
    await steps.start('x')
    await steps.stop('x')
    assert.deepEqual(diary.lines.slice(2), ['stop B', 'stop A'])
    assert.match(logger.text('error'), /Test: step B failed to stop.*B does not stop/s)
  })

  it('starts nothing more when it is stopped while a step starts, and stops that one afterwards', async () => {
    const diary = new Diary()
    const [reached, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    class Slow extends diary.step('Slow') {
      async start(): Promise<void> {
        reached.resolve()
        await goOn.promise
        diary.lines.push('Slow has started')
      }
      async stop(): Promise<void> {
        diary.lines.push('stop Slow')
      }
    }
    const steps = blueprint([diary.step('A'), Slow as StepClass<string>, diary.step('C')])
    const starting = steps.start('x')
    await reached.promise
    await steps.stop('x')
    goOn.resolve()
    await starting
    assert.deepEqual(diary.lines, ['start A of x', 'stop Slow', 'stop A', 'Slow has started', 'stop Slow'])
  })

  it('terminates by stopping, where a step knows no faster way', async () => {
    const diary = new Diary()
    class Fast extends diary.step('Fast') {
      async terminate(): Promise<void> {
        diary.lines.push('terminate Fast')
      }
    }
    const steps = blueprint([diary.step('A'), Fast as StepClass<string>])
    await steps.start('x')
    await steps.terminate('x')
    assert.deepEqual(diary.lines.slice(2), ['terminate Fast', 'stop A'])
  })
})

describe('a consumer step', () => {
  /** A worker's app with a step that consumes the queue `plain`; `inbox` gets each body. */
  function withStep(t: TestContext) {
    const app = memoryApp(t, { workerEnableRemoteControl: false })
    const received: unknown[] = []
    const channels: Channel[] = []
    const finish = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    class PlainStep extends ConsumerStep {
      override getConsumers(channel: Channel) {
        channels.push(channel)
        const onPlain = async (body: unknown, message: { ack(): Promise<void> }) => {
          begun.resolve()
          await finish.promise
          received.push(body)
          await message.ack()
        }
        return [new Consumer(channel, { queues: [new Queue('plain')], callbacks: [onPlain] })]
      }
    }
    app.steps.consumer.add(PlainStep)
    const send = async (body: unknown) => {
      const channel = await app.connection.channel()
      const queue = new Queue('plain')
      await queue.declare(channel)
      const json = { contentType: 'application/json', contentEncoding: 'utf-8', headers: {}, properties: {} }
      const payload = { ...json, body: Buffer.from(JSON.stringify(body)) }
      await channel.basicPublish(payload, { exchange: '', routingKey: 'plain' })
      await channel.close()
    }
    return { app, received, channels, begun, finish, send }
  }

  it('gets a channel of its own, and its messages', async (t) => {
    const { app, received, channels, begun, finish, send } = withStep(t)
    await using worker = await (await app.worker()).start()
    await send({ hello: 1 })
    await begun.promise
    finish.resolve()
    await worker.stop()
    assert.deepEqual(received, [{ hello: 1 }])
    assert.deepEqual(
      channels.map(({ isOpen }) => isOpen),
      [false],
    )
  })

  it('is not waited for without end when its callbacks do not end and the connection is lost', async (t) => {
    const { app, begun, finish, send } = withStep(t)
    const logger = new RecordingLogger()
    await using worker = await (await app.worker({ logger })).start()
    await send('slow')
    await begun.promise
    const { blueprint } = worker.consumer
    await blueprint.stop(worker.consumer, { withinMs: 20 })
    assert.match(logger.text('error'), /did not stop within 0.02 s; going on without it/)
    finish.resolve()
  })

  it('waits on stop for the callbacks that run', async (t) => {
    const { app, received, begun, finish, send } = withStep(t)
    await using worker = await (await app.worker()).start()
    await send('slow')
    await begun.promise
    const stopping = worker.stop()
    finish.resolve()
    await stopping
    assert.deepEqual(received, ['slow'])
  })

  it('ends the start of a worker when it fails, and closes its channel', async (t) => {
    const app = memoryApp(t)
    let channel: Channel | undefined
    class Broken extends ConsumerStep {
      override getConsumers(given: Channel): never {
        channel = given
        throw new Error('no consumers today')
      }
    }
    app.steps.consumer.add(Broken)
    const worker = await app.worker()
    await assert.rejects(worker.start(), /no consumers today/)
    assert.equal(channel?.isOpen, false)
    await worker.finished
  })
})
