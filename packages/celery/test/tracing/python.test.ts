import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { trace } from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import type { PoolName } from '../../src/concurrency/index.ts'
import type { Celery } from '../../src/index.ts'
import { type BrokerName, Ground, skipWithout } from '../interop/border.ts'
import { PythonClient, PythonWorker } from '../interop/python-processes.ts'
import { RunningWorker } from '../running-worker.ts'
import { createTracedApp, readSpans, toTraced } from './traced-app.ts'

const exporter = new InMemorySpanExporter()
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()

/** `../interop` is where Python processes are started. */
const MODULE_PATH = { PYTHONPATH: import.meta.dirname }

for (const [broker, pool] of [
  ['RabbitMQ', 'prefork'],
  ['Redis', 'threads'],
] as const satisfies readonly (readonly [BrokerName, PoolName])[]) {
  describe(`one trace through both languages, over ${broker}`, {
    skip: skipWithout(broker),
    timeout: 90_000,
  }, () => {
    let ground: Ground
    let app: Celery
    let folder: string
    let spansFile: string

    before(async () => {
      ground = new Ground(broker)
      folder = await mkdtemp(join(tmpdir(), 'celery-traces-'))
      spansFile = join(folder, 'spans')
      app = createTracedApp(ground.settings)
    })
    after(async () => {
      await app.close()
      await ground.forget()
      await rm(folder, { recursive: true })
    })
    const python = () => ({ ...ground.python, variables: { ...ground.python.variables, ...MODULE_PATH } })

    it(`goes from a Python client into our worker (${pool}), and into what a task does there`, async () => {
      const env = { ...process.env, SPANS_FILE: spansFile, TRACED_SETTINGS: JSON.stringify(ground.settings) }
      const appModule = join(import.meta.dirname, 'traced-app.ts')
      const client = new PythonClient(python(), join(import.meta.dirname, 'traced_tasks.py'))
      try {
        await using running = await RunningWorker.start(app, {
          pool,
          concurrency: 1,
          appModule,
          env,
        })
        const sent = await client.ask('send', { name: 'js.traced', queue: ground.ours, args: ['inside'] })
        await running.worker.stop() // its children send what they still have
        const spans = readSpans(spansFile)
        const run = spans.find(({ parentId }) => parentId === sent.span)
        assert.ok(run, `no span has the parent ${sent.span}: ${JSON.stringify(spans)}`)
        assert.deepEqual(
          [sent.name, run.name, run.traceId],
          ['apply_async/js.traced', 'run/js.traced', sent.trace],
        )
        for (const name of [
          'celery.action',
          'celery.task_name',
          'messaging.message.id',
          'messaging.destination',
        ])
          assert.ok((sent.attributes as string[]).includes(name) && name in run.attributes, name)
        assert.equal(run.pid === process.pid, pool === 'threads')
        const inside = spans.find(({ name }) => name === 'inside')
        assert.deepEqual([inside?.traceId, inside?.parentId], [sent.trace, run.spanId])
      } finally {
        await client.end()
      }
    })

    it('goes from our client into a Python worker', async () => {
      const worker = new PythonWorker(python(), ground.theirs, `traced@${ground.run}`, {
        module: 'traced_tasks',
      })
      try {
        await worker.ready()
        const got = await trace.getTracer('user').startActiveSpan('request', async (span) => {
          const result = await app.sendTask('py.traced', { queue: ground.theirs })
          span.end()
          return result.get({ timeout: 30 })
        })
        const [sent] = exporter
          .getFinishedSpans()
          .map(toTraced)
          .filter(({ name }) => name === 'apply_async/py.traced')
        assert.deepEqual(got, { trace: sent?.traceId, parent: sent?.spanId })
      } finally {
        exporter.reset()
        await worker.end()
      }
    })
  })
}
