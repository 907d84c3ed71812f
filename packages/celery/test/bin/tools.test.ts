import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { version } from '../../src/version.ts'
import { createApp } from '../process-app.ts'
import { RunningWorker } from '../running-worker.ts'
import { serviceFrom } from '../service.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { CeleryProcess } from './celery-process.ts'

const amqp = serviceFrom('AMQP_URL')

/** The command line on a broker of its own. */
async function onFiles(t: TestContext) {
  const folder = await temporaryFolder(t)
  const brokerUrl = `sqlite:///${join(folder, 'broker.sqlite')}`
  const resultBackend = `sqlite:///${join(folder, 'results.sqlite')}`
  const global = ['-b', brokerUrl, '--result-backend', resultBackend, '-C']
  const run = async (args: readonly string[], input = '') => {
    await using command = new CeleryProcess([...global, ...args], { input })
    const code = await command.ended()
    return { code, stdout: command.stdout, stderr: command.stderr }
  }
  return { brokerUrl, resultBackend, run }
}

describe('celery report', () => {
  it('tells what an app runs on and how it is set, without its secrets', async () => {
    const urls = ['-b', 'amqp://me:secret@localhost', '--result-backend', 'redis://:secret@localhost/0']
    const said = await Promise.all(
      [[], ['-j']].map(async (json) => {
        await using command = new CeleryProcess([...urls, 'report', ...json])
        assert.equal(await command.ended(), 0)
        assert.doesNotMatch(command.stdout, /secret/)
        return command.stdout
      }),
    )
    const [text = '', json = ''] = said
    assert.match(
      text,
      new RegExp(`^software -> celery:${version} \\(TypeScript\\) node:${process.versions.node} `, 'm'),
    )
    assert.match(text, /^settings -> transport:amqp results:redis$/m)
    assert.match(text, /^broker_url: 'amqp:\/\/me:\*{8}@localhost/m)
    const report = JSON.parse(json)
    assert.deepEqual([report.software.celery, report.app, report.transport], [version, 'processes', 'amqp'])
    assert.match(report.settings.result_backend, /redis:\/\/:\*{8}@localhost/)
  })
})

describe('celery list bindings', () => {
  it('shows the queues of the app, in Celery’s form', async (t) => {
    const { run } = await onFiles(t)
    const { code, stdout } = await run(['list', 'bindings'])
    const rule = '-'.repeat(16).padEnd(28)
    const rows = [
      `${'Queue'.padEnd(28)} ${'Exchange'.padEnd(28)} Routing Key`,
      `${rule} ${rule} ${'-'.repeat(16)}`,
    ]
    const row = `${'celery'.padEnd(28)} ${'celery'.padEnd(28)} celery`
    assert.deepEqual([code, stdout], [0, `${[...rows, row].join('\n')}\n`])
    const bindings = [{ destination: 'celery', source: 'celery', routing_key: 'celery' }]
    assert.deepEqual(JSON.parse((await run(['list', 'bindings', '-j'])).stdout), bindings)
  })

  it('says that AMQP cannot tell', { skip: amqp.skip }, async () => {
    await using command = new CeleryProcess(['-b', amqp.value, 'list', 'bindings'])
    assert.equal(await command.ended(), 2)
    assert.match(command.stderr, /^Error: Your transport cannot list bindings: .*`rabbitmqctl list_bindings`/)
  })
})

describe('celery graph', () => {
  it('draws the steps of a worker and of its consumer, and what they require', async (t) => {
    const { run } = await onFiles(t)
    const { stdout } = await run(['graph', 'bootsteps'])
    assert.match(
      stdout,
      /^digraph dependencies \{\n[\s\S]*^ {4}"Mingle" \[.*fillcolor="palegreen3"[\s\S]*\n\}\n$/m,
    )
    assert.match(stdout, /^ {4}"ConsumerStart" -> "PoolStep"$/m)
    const { nodes, edges } = JSON.parse((await run(['graph', 'bootsteps', 'consumer', '-j'])).stdout)
    assert.ok(nodes.includes('Tasks') && !nodes.includes('PoolStep'))
    assert.ok(edges.every((edge: readonly string[]) => edge.length === 2))
    assert.equal((await run(['graph', 'bootsteps', 'beat'])).code, 2)
  })

  it('draws the workers, and the broker they work for', async (t) => {
    const { run, brokerUrl, resultBackend } = await onFiles(t)
    const { app } = createApp({ brokerUrl, resultBackend })
    t.after(() => app.close())
    await using _running = await RunningWorker.start(app, { pool: 'async', hostname: 'w1@here' })
    const { stdout } = await run(['graph', 'workers'])
    assert.match(
      stdout,
      /^ {4}"w1@here" \[style="filled", shape="box", fillcolor="palegreen3", label="w1@here \(2\)"\]$/m,
    )
    assert.match(stdout, /^ {4}"w1@here" -> "sqlite:\/\/\//m)
  })
})

describe('celery shell', () => {
  it('has the app and its tasks at hand', async (t) => {
    const { run } = await onFiles(t)
    const input = 'app.name\nadd.name\ntypeof chain\n(await add.delay(1, 2)).id.length\n'
    const { code, stdout } = await run(['shell'], input)
    assert.equal(code, 0)
    for (const said of ["'processes'", "'tasks.add'", "'function'", '36'])
      assert.ok(stdout.includes(`> ${said}\n`), stdout)
    const without = await run(['shell', '--without-tasks'], 'typeof add\n')
    assert.match(without.stdout, /> 'undefined'\n/)
  })
})

describe('celery amqp', () => {
  it('does one operation', async (t) => {
    const { run } = await onFiles(t)
    assert.equal((await run(['amqp', 'queue.declare', 'q'])).stdout, 'queue:q messages:0 consumers:0\nOK\n')
    const { stdout } = await run(['amqp', 'queue.declare', 'q', '-j'])
    assert.deepEqual(JSON.parse(stdout), { queue: 'q', messages: 0, consumers: 0 })
    const wrong = await run(['amqp', 'queue.declare', 'q', 'maybe'])
    assert.deepEqual(
      [wrong.code, wrong.stderr],
      [2, "Error: queue.declare: passive is 'maybe'. It must be true or false.\n"],
    )
  })

  it('does many on one channel, and goes on after a refusal', async (t) => {
    const script = [
      'exchange.declare e direct',
      'queue.declare q',
      'queue.bind q e k',
      'queue.purge no.such',
      'basic.publish "two words" e k',
      'basic.get q',
      'basic.ack 1',
      'basic.get q',
      'dance',
      'queue.delete',
      'queue.delete q',
      'exchange.delete e',
    ]
    const { code, stdout } = await (await onFiles(t)).run(['-q', 'amqp'], `${script.join('\n')}\n`)
    assert.equal(code, 0)
    assert.match(
      stdout,
      /^OK\nqueue:q messages:0 consumers:0\nOK\nOK\nERROR: .*no\.such.*\nOK\n\{\n {4}"body": "two words",/,
    )
    assert.match(
      stdout,
      /^OK\nOK\nNo messages in queue\. basic\.publish something\.\nOK\nERROR: There is no operation 'dance'/m,
    )
    assert.match(stdout, /^ERROR: queue\.delete takes: queue if_unused if_empty\ndeleted:0\nOK\nOK\n$/m)
  })

  it('speaks to RabbitMQ', { skip: amqp.skip }, async () => {
    const queue = `test.${randomUUID()}`
    const input = [
      'queue.declare Q',
      'basic.publish hello "" Q',
      'basic.get Q',
      'basic.ack 1',
      'queue.delete Q',
    ]
    const script = input.join('\n').replaceAll('Q', queue)
    await using command = new CeleryProcess(['-b', amqp.value, '-q', '-C', 'amqp', 'repl'], {
      input: `${script}\n`,
    })
    assert.equal(await command.ended(), 0)
    assert.match(command.stdout, /"body": "hello"[\s\S]*\nOK\nOK\ndeleted:0\nOK\n$/)
  })
})
