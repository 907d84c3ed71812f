/** The README's programs, run as its reader would: a worker by the `celery` command, the others with Node. */
import assert from 'node:assert/strict'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Connection, Producer } from '@voice-pocket/kombu'
import {
  celeryArguments,
  type Program,
  programsOf,
  RunningProgram,
  run,
  writePrograms,
} from './readme-programs.ts'
import { temporaryFolder } from './temporary-folder.ts'

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))
const CELERY = join(REPOSITORY, 'packages/celery/src/bin/celery.ts')

const readme = await readFile(join(REPOSITORY, 'packages/celery/README.md'), 'utf8')
const programs = programsOf(readme)

/** Modules that the others use; the others print something. */
const MODULES = ['tasks.ts', 'work.ts', 'worker.ts', 'periodic.ts', 'celeryconfig.ts', 'tasks.test.ts']

/** Where a reader would have installed the packages. */
async function readersFolder(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t)
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writePrograms(folder, programs)
  return folder
}

async function assertPrints(folder: string, { file, prints }: Program): Promise<void> {
  const printed = await run(folder, [process.execPath, file])
  assert.deepEqual(printed.trimEnd().split('\n'), prints, file)
}

describe('the programs of the README', { timeout: 60_000 }, () => {
  it('have the types they need', async (t) => {
    const folder = await readersFolder(t)
    const configuration = { extends: join(REPOSITORY, 'tsconfig.json'), include: ['*.ts'], exclude: [] }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
    await run(folder, [join(REPOSITORY, 'node_modules/.bin/tsc'), '-p', '.'])
  })

  it('print what they say, the first ones with the first worker', async (t) => {
    const folder = await readersFolder(t)
    const [, call] = programs
    await using worker = new RunningProgram(folder, [process.execPath, CELERY, ...celeryArguments(readme)])
    assert.ok(call && call.prints.length > 0)
    await assertPrints(folder, call)
    await worker.says(/ ready\./)
    assert.equal(await worker.stop(), 0)
  })

  it('print what they say, all of them with the worker that knows all tasks', async (t) => {
    const folder = await readersFolder(t)
    const command = [process.execPath, CELERY, '-A', './worker.ts', 'worker', '-l', 'info', '-c', '2']
    await using worker = new RunningProgram(folder, command)
    for (const program of programs) {
      if (MODULES.includes(program.file)) continue
      assert.ok(program.prints.length > 0, `${program.file} prints nothing, so nothing shows that it works`)
      await assertPrints(folder, program)
    }
    await using connection = new Connection(`sqlite:///${join(folder, 'broker.sqlite')}`)
    await new Producer(connection).publish(
      { type: 'placed', price: 1000, shipping: 234 },
      { routingKey: 'orders' },
    )
    await worker.says(/tasks\.add\[.+\] succeeded in .+: 1234/)
    assert.equal(await worker.stop(), 0)
  })

  it('have a schedule that beat sends', async (t) => {
    const folder = await readersFolder(t)
    const command = [process.execPath, CELERY, '-A', './periodic.ts', 'beat', '--loglevel', 'info']
    await using beat = new RunningProgram(folder, command)
    await beat.says(/Sending due task tasks\.add\(2, 3\)/)
    assert.equal(await beat.stop(), 0)
  })

  it('have a test that passes', async (t) => {
    const { NODE_TEST_CONTEXT, ...env } = process.env // else it would be a part of this test
    await using test = new RunningProgram(
      await readersFolder(t),
      [process.execPath, '--test', 'tasks.test.ts'],
      env,
    )
    assert.equal(await test.ended, 0, test.words)
    assert.match(test.stdout, /pass 1\b/)
  })

  it('have settings that there are', async (t) => {
    const folder = await readersFolder(t)
    const source = `
      import { Celery } from '@voice-pocket/celery'
      const { conf } = await new Celery('demo').configFromObject('./celeryconfig.ts')
      console.log(conf.taskAcksLate, conf.taskTimeLimit)`
    assert.equal(await run(folder, [process.execPath, '--input-type=module', '-e', source]), 'true 300\n')
  })
})
