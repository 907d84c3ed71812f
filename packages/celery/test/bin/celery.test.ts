import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { version } from '../../src/version.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { CeleryProcess } from './celery-process.ts'

const APP = join(import.meta.dirname, '../process-app.ts')

interface Run {
  readonly app?: string | null
  readonly env?: NodeJS.ProcessEnv
}

async function run(args: readonly string[], { app = null, env = {} }: Run = {}) {
  await using command = new CeleryProcess(args, { app, env: { ...process.env, ...env } })
  const code = await command.ended()
  return { code, stdout: command.stdout, stderr: command.stderr }
}

/** A broker of its own, with nobody there. */
async function lonelyBroker(t: TestContext): Promise<string> {
  return `sqlite:///${join(await temporaryFolder(t), 'broker.sqlite')}`
}

describe('celery', { timeout: 180_000, concurrency: 2 }, () => {
  const refusals: readonly (readonly [
    args: readonly string[],
    app: string | null,
    code: number,
    said: RegExp,
  ])[] = [
    [['worker'], null, 2, /^Error: No app was given\. .*celery -A \.\/app\.ts worker/m],
    [['worker'], 'app', 2, /Give the path of a file, such as \.\/app\.ts/],
    [['worker'], './missing.ts', 2, /^Error: The app's module .*missing\.ts cannot be imported/m],
    [['worker'], `${APP}:other`, 2, /^Error: .*process-app\.ts exports no Celery app 'other'\. .*: app\./m],
    [['worker', '-c', 'many'], APP, 2, /^Error: .*It must be a whole number/m],
    [['worker', '--time-limit', 'soon'], APP, 2, /It must be a number of seconds/],
    [['worker', '-P', 'gevent'], APP, 1, /^Error: The pool gevent cannot be imported/m],
    [['worker', '-Q', 'mail,,video'], APP, 2, /Write the names one after the other/],
    [['worker', '-l', 'loud'], APP, 2, /Allowed choices are debug, info/],
    [['worker', '--fast'], APP, 2, /unknown option '--fast'\nTry 'celery worker --help' for help/],
    [['result'], APP, 2, /missing required argument 'task_id'/],
    [['call', 'x', '-a', '7'], APP, 2, /It must be a list in JSON/],
    [['wroker'], APP, 2, /unknown command 'wroker'\n\(Did you mean worker\?\)/],
    [['multi', 'start', '3', '-l', 'info'], APP, 2, /There is no `celery multi` here\. .*systemd/],
    [['-b', 'gopher://here', 'worker', '-P', 'solo'], APP, 1, /^Error: .*gopher/m],
    [
      ['--config', './missing.ts', 'status'],
      APP,
      2,
      /The settings module \.\/missing\.ts cannot be imported/,
    ],
    [['--result-backend', 'abacus://', 'worker'], APP, 1, /^Error: resultBackend is 'abacus:\/\/'/m],
    [['-b', 'redis://127.0.0.1:1', 'status'], APP, 69, /^Error: Could not connect to the message broker\. /m],
    [['-b', 'amqp://127.0.0.1:1', 'call', 'x'], APP, 69, /^Error: Could not connect .*127\.0\.0\.1:1/m],
    [['result', 'some-id', '-t', 'no.such'], APP, 1, /^Error: Task of kind 'no\.such' never registered/m],
  ]
  for (const [args, app, code, said] of refusals) {
    it(`says what is wrong with: ${[...args, app ? 'of an app' : ''].join(' ')} (${code})`, async () => {
      const ended = await run(args, { app })
      assert.equal(ended.code, code, ended.stderr)
      assert.match(ended.stderr, said)
      assert.doesNotMatch(ended.stderr, /^ +at /m) // no stack: it is the user's to mend
    })
  }

  it('shows the stack of an error to who asks for it', async () => {
    const { code, stderr } = await run(['-b', 'redis://127.0.0.1:1', 'status', '--debug'], { app: APP })
    assert.equal(code, 69)
    assert.match(stderr, /^Error: OperationalError: [\s\S]*^ +at /m)
  })

  it('explains itself and its commands, and says its version', async () => {
    const all = await run([])
    assert.equal(all.code, 0)
    for (const said of [/-A, --app <module>/, /^ {2}worker /m, /CELERY_BROKER_URL/])
      assert.match(all.stdout, said)
    const one = await run(['worker', '--help'])
    assert.deepEqual([one.code, /-Q, --queues <names>/.test(one.stdout)], [0, true])
    assert.deepEqual(await run(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('takes its global options before and after the name of a command, and from the environment', async (t) => {
    const broker = await lonelyBroker(t)
    const nobody = /asked every worker and waited for 0\.1 s/
    const before = await run(['-A', APP, '-b', broker, 'status', '-t', '0.1'])
    const after = await run(['status', '-t', '0.1', '-A', `${APP}:app`, '-b', broker])
    const env = { CELERY_APP: APP, CELERY_BROKER_URL: broker, CELERY_STATUS_TIMEOUT: '0.1' }
    for (const { code, stderr } of [before, after, await run(['status'], { env })]) {
      assert.equal(code, 69, stderr)
      assert.match(stderr, nobody)
    }
    const wrong = await run(['status'], { env: { ...env, CELERY_STATUS_TIMEOUT: 'soon' } })
    assert.equal(wrong.code, 2)
    assert.match(wrong.stderr, /^Error: CELERY_STATUS_TIMEOUT is 'soon' in the environment\. It must be/)
  })

  it('goes to its working directory before it looks for the app and its settings', async (t) => {
    const folder = await temporaryFolder(t)
    await writeFile(join(folder, 'app.ts'), `export { app } from '${APP}'\n`)
    await writeFile(join(folder, 'settings.ts'), "export const brokerUrl = 'sqlite:///broker.sqlite'\n")
    const global = ['--workdir', folder, '--config', './settings.ts', '-A', './app.ts']
    const { code, stdout } = await run([...global, 'purge', '-f', '-j'])
    assert.deepEqual([code, JSON.parse(stdout)], [0, { queues: ['celery'], purged: 0 }])
  })

  it('uses colours where it is told to, and not where it is told not to', async (t) => {
    const broker = await lonelyBroker(t)
    await using worker = new CeleryProcess([
      '-b',
      broker,
      '-q',
      'worker',
      '-P',
      'solo',
      '-l',
      'info',
      '-n',
      'w1@here',
    ])
    await worker.said(/ready\./)
    assert.equal(worker.stdout, '') // no banner: it was to be quiet
    const colours = async (args: readonly string[], env: NodeJS.ProcessEnv) =>
      (await run(['-b', broker, ...args, 'status', '-t', '30', '-d', 'w1@here'], { app: APP, env })).stdout
    const bare = { NO_COLOR: undefined, FORCE_COLOR: undefined }
    const plain = '->  w1@here: OK\n\n1 node online.\n'
    assert.equal(await colours([], bare), plain)
    assert.equal(await colours(['-q'], bare), ' w1@here: OK\n')
    const colourful = await colours([], { ...bare, FORCE_COLOR: '1' })
    assert.equal(stripVTControlCharacters(colourful), plain)
    assert.notEqual(colourful, plain)
    assert.equal(await colours(['-C'], { ...bare, FORCE_COLOR: '1' }), plain)
    assert.equal(await colours([], { ...bare, NO_COLOR: '1' }), plain)
    worker.kill('SIGTERM')
    assert.equal(await worker.ended(), 0)
  })

  it('writes JSON and nothing else where it is asked to', async (t) => {
    const folder = await temporaryFolder(t)
    const urls = [
      '-b',
      `sqlite:///${join(folder, 'b.sqlite')}`,
      '--result-backend',
      `sqlite:///${join(folder, 'r.sqlite')}`,
    ]
    await using worker = new CeleryProcess([...urls, 'worker', '-P', 'solo', '-l', 'info', '-n', 'w1@here'])
    await worker.said(/ready\./)
    const json = async (...args: readonly string[]) =>
      JSON.parse((await run([...urls, ...args, '-j'], { app: APP })).stdout)
    assert.deepEqual(await json('status', '-t', '30', '-d', 'w1@here'), { 'w1@here': { ok: 'pong' } })
    const { id } = await json('call', 'tasks.add', '-a', '[1, 2]')
    assert.equal(await json('result', id), 3)
    assert.deepEqual(await json('control', 'rate_limit', 'tasks.add', '1/s', '-t', '30', '-d', 'w1@here'), [
      { 'w1@here': { ok: 'new rate limit set successfully' } },
    ])
    assert.equal((await json('inspect', '--list'))[0].name, 'active')
    worker.kill('SIGTERM')
    assert.equal(await worker.ended(), 0)
  })
})
