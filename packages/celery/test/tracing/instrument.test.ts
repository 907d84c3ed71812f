import assert from 'node:assert/strict'
import { beforeEach, describe, it, type TestContext } from 'node:test'
import { propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { type Celery, chain, Reject } from '../../src/index.ts'
import { instrument } from '../../src/tracing/index.ts'
import { memoryApp, takeMessage } from '../memory-app.ts'
import { RunningWorker } from '../running-worker.ts'
import { stepBench } from '../worker/consumer-step/step-bench.ts'
import { createTracedApp, type TracedSpan, toTraced } from './traced-app.ts'

const exporter = new InMemorySpanExporter()
const tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
tracerProvider.register()

const spans = () => exporter.getFinishedSpans().map(toTraced)
const named = (name: string) => spans().filter((span) => span.name === name)
const only = (name: string): TracedSpan => {
  const [span, ...others] = named(name)
  assert.ok(span, `there is no span ${name}, only ${spans().map((each) => each.name)}`)
  assert.deepEqual(others, [])
  return span
}
const isChildOf = (child: TracedSpan, parent: TracedSpan) =>
  assert.deepEqual([child.traceId, child.parentId], [parent.traceId, parent.spanId], child.name)

function tracedApp(t: TestContext): Celery {
  const { brokerUrl, resultBackend } = memoryApp(t).conf
  const app = createTracedApp({ brokerUrl, resultBackend, workerPool: 'async' })
  t.after(() => app.close())
  return app
}

async function work(t: TestContext, app: Celery): Promise<RunningWorker> {
  const running = await RunningWorker.start(app, { hostname: 'w1@host' })
  t.after(() => running[Symbol.asyncDispose]())
  return running
}

beforeEach(() => exporter.reset())

describe('instrument', () => {
  it('makes one trace of the one who sends, the run, and what the task does', async (t) => {
    const app = tracedApp(t)
    const running = await work(t, app)
    const result = await trace.getTracer('user').startActiveSpan('request', async (span) => {
      const sent = await app.sendTask('js.traced', { args: ['inside'] })
      span.end()
      return sent
    })
    await result.get({ timeout: 30 })
    await running.worker.state.idle()
    isChildOf(only('apply_async/js.traced'), only('request'))
    isChildOf(only('run/js.traced'), only('apply_async/js.traced'))
    isChildOf(only('inside'), only('run/js.traced'))
    assert.deepEqual(only('apply_async/js.traced').attributes, {
      'celery.action': 'apply_async',
      'celery.task_name': 'js.traced',
      'celery.queue': 'celery',
      'celery.hostname': app.origin,
      'messaging.destination': 'celery',
      'messaging.destination_kind': 'queue',
      'messaging.message.id': result.id,
    })
    assert.deepEqual(only('run/js.traced').attributes, {
      'celery.action': 'run',
      'celery.task_name': 'js.traced',
      'celery.hostname': 'w1@host',
      'celery.state': 'SUCCESS',
      'celery.reply_to': app.oid,
      'messaging.destination': 'celery',
      'messaging.message.id': result.id,
      'messaging.conversation_id': result.id,
    })
  })

  it('keeps a chain in one trace', async (t) => {
    const app = tracedApp(t)
    const running = await work(t, app)
    const link = (name: string) => app.signature('js.traced', { args: [name], immutable: true })
    await (await chain(link('first'), link('second')).applyAsync()).get({ timeout: 30 })
    await running.worker.state.idle()
    const runOf = (inside: string) =>
      named('run/js.traced').find(({ spanId }) => spanId === only(inside).parentId)
    const [first, second] = [runOf('first'), runOf('second')]
    assert.ok(first && second)
    assert.equal(second.traceId, first.traceId)
    const sent = named('apply_async/js.traced').find(({ spanId }) => spanId === second.parentId)
    assert.equal(sent?.parentId, first.spanId)
  })

  it('tells how a task failed, and that and why it was retried', async (t) => {
    const app = tracedApp(t)
    const running = await work(t, app)
    const failing = await app.sendTask('js.fail', { args: ['too far'] })
    await assert.rejects(failing.get({ timeout: 30 }), RangeError)
    await (await app.sendTask('js.retry')).get({ timeout: 30 })
    await running.worker.state.idle()
    const failed = only('run/js.fail')
    assert.ok(failed.isError)
    assert.deepEqual([failed.events, failed.attributes['celery.state']], [['exception'], 'FAILURE'])
    // The second run may be over before the span of the first one is.
    const runs = named('run/js.retry')
    const first = runs.find((run) => run.attributes['celery.retries'] !== 1)
    const second = runs.find((run) => run !== first)
    assert.ok(first && second)
    assert.deepEqual([first.events, first.isError], [['retry'], false])
    assert.equal(first.attributes['celery.retry.reason'], 'not yet')
    assert.deepEqual([second.attributes['celery.retries'], second.traceId], [1, first.traceId])
  })

  it('tells that a task could not be sent', async (t) => {
    const app = tracedApp(t)
    app.middleware.publish.use(() => Promise.reject(new Error('the broker is away')))
    await assert.rejects(app.sendTask('js.traced'), /away/)
    assert.ok(only('apply_async/js.traced').isError)
  })

  it('goes on with the trace of a message that is no task', async (t) => {
    const { app, send, start, dead } = stepBench(t, ({ number }) => {
      if (number < 0) throw new Reject('negative', { requeue: false })
      return app.sendTask('js.traced')
    })
    t.after(instrument(app))
    const running = await start()
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await send({ type: 'placed', number: 1 }, { headers: { traceparent }, messageId: 'm1' })
    await send({ type: 'placed', number: -1 }, { messageId: 'm2' })
    await dead()
    await running.worker.stop()
    const ofMessage = (id: string) =>
      named('process/orders').find(({ attributes }) => attributes['messaging.message.id'] === id)
    const [handled, refused] = [ofMessage('m1'), ofMessage('m2')]
    assert.ok(handled && refused)
    assert.equal(handled.traceId, '0af7651916cd43dd8448eb211c80319c')
    assert.equal(handled.parentId, 'b7ad6b7169203331')
    isChildOf(only('apply_async/js.traced'), handled)
    assert.deepEqual([refused.isError, refused.parentId], [true, undefined])
  })

  it('makes what runs where it is called a child of its caller', async (t) => {
    const app = tracedApp(t)
    await trace.getTracer('user').startActiveSpan('caller', async (span) => {
      await app.tasks.get('js.traced').apply({ args: ['inside'] })
      span.end()
    })
    isChildOf(only('run/js.traced'), only('caller'))
  })

  it('does nothing to an app that is not instrumented, or no longer is', async (t) => {
    const app = memoryApp(t)
    const undo = instrument(app, { tracerProvider })
    assert.equal(instrument(app), undo, 'twice is once')
    undo()
    const { publish, run, message } = app.middleware
    assert.deepEqual([publish.size, run.size, message.size], [0, 0, 0])
    await app.sendTask('js.traced')
    const headers = (await takeMessage(app))?.headers
    assert.equal(propagation.extract(ROOT_CONTEXT, headers), ROOT_CONTEXT)
    assert.deepEqual(spans(), [])
  })
})
