import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Celery } from '../../src/index.ts'
import { PythonClient, PythonWorker } from '../interop/python-processes.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'

const rabbitmq = serviceFrom('AMQP_URL')
const python = serviceFrom('PYTHON_VENV')

const run = randomUUID()
/** Whose worker consumes it. */
const [ours, theirs] = [`test.${run}.ours`, `test.${run}.theirs`]
const environment = {
  python: python.value,
  variables: { AMQP_URL: rabbitmq.value, RESULT_BACKEND: 'rpc://', QUEUE: theirs, PREFIX: '' },
}

describe('rpc:// with Python Celery', { skip: rabbitmq.skip || python.skip, timeout: 60_000 }, () => {
  let app: Celery
  let client: PythonClient
  let running: RunningWorker
  let pythonWorker: PythonWorker

  before(async () => {
    app = new Celery('rpc', {
      ...{ brokerUrl: rabbitmq.value, resultBackend: 'rpc://', workerPool: 'async' },
      ...{ taskDefaultQueue: ours, workerDeadLetterQueue: `${ours}.dead` },
    })
    app.task('js.add', (x: number, y: number) => x + y)
    app.task('js.fail', (text: string) => {
      throw new TypeError(text)
    })
    client = new PythonClient(environment)
    pythonWorker = new PythonWorker(environment, theirs, `theirs@${run}`)
    running = await RunningWorker.start(app, { hostname: `ours@${run}` })
    await pythonWorker.ready()
  })
  after(async () => {
    await Promise.all([client.end(), pythonWorker.end()])
    await running[Symbol.asyncDispose]()
    const channel = await app.connection.channel()
    for (const queue of [ours, `${ours}.dead`, theirs]) await channel.queueDelete(queue)
    for (const exchange of [ours, theirs]) await channel.exchangeDelete(exchange)
    await app.close()
  })

  it('a Python client gets what our worker returns and throws', async () => {
    const sum = await client.send('js.add', ours, { args: [2, 3] })
    const failed = await client.send('js.fail', ours, { args: ['no'] })
    assert.deepEqual(await client.ask('get', { task_id: sum }), { value: 5 })
    const { error } = await client.ask('get', { task_id: failed })
    assert.deepEqual(error, { class: 'TypeError', module: 'builtins', text: 'no' })
  })

  it('a Python client sees that our worker does not know its task', async () => {
    const unknown = await client.send('nobody.knows.it', ours)
    const { error } = await client.ask('get', { task_id: unknown })
    assert.equal((error as { class: string }).class, 'NotRegistered')
  })

  it('our client gets what a Python worker returns and raises', async () => {
    const sum = await app.sendTask('py.add', { args: [2], kwargs: { y: 3 }, queue: theirs })
    const failed = await app.sendTask('py.fail', { args: ['no'], queue: theirs })
    assert.equal(await sum.get({ timeout: 30 }), 5)
    await assert.rejects(failed.get({ timeout: 30 }), { name: 'ValueError' })
  })
})
