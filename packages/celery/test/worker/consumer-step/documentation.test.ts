/** The programs of docs/foreign-messages.md, run as its reader would run them, and its tables against the source. */
import assert from 'node:assert/strict'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { Connection, Producer } from '@voice-pocket/kombu'
import { resolvePlan } from '../../../src/worker/consumer-step/options.ts'
import { programsOf, RunningProgram, writePrograms } from '../../readme-programs.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const REPOSITORY = join(import.meta.dirname, '../../../../..')
const CELERY = join(REPOSITORY, 'packages/celery/src/bin/celery.ts')
const text = await readFile(join(REPOSITORY, 'docs/foreign-messages.md'), 'utf8')
const [orders, plain] = programsOf(text)

it('the first program makes a task of a message, and a dead letter of a wrong one', {
  timeout: 60_000,
}, async (t) => {
  const folder = await temporaryFolder(t)
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writePrograms(
    folder,
    [orders, plain].flatMap((program) => program ?? []),
  )
  await using worker = new RunningProgram(folder, [
    process.execPath,
    CELERY,
    '-A',
    './orders.ts',
    'worker',
    '-P',
    'async',
    '-l',
    'info',
  ])
  await worker.says(/ ready\./)
  await using connection = new Connection(`sqlite:///${join(folder, 'broker.sqlite')}`)
  const producer = new Producer(connection, { routingKey: 'orders' })
  await producer.publish({ type: 'placed', price: 12 })
  await producer.publish({ type: 'placed' })
  await worker.says(/shop\.bill\[.+\] succeeded in .+: 12/)
  const [, reason = ''] = /with the reason\n`(.+?)`/.exec(text) ?? []
  assert.ok(reason.startsWith('invalid_message: '))
  await worker.says(/goes to the dead letters: invalid_message/)
  assert.ok(worker.words.includes(`goes to the dead letters: ${reason}`))
  assert.equal(await worker.stop(), 0)

  const { app } = await import(join(folder, 'plain.ts'))
  assert.deepEqual(
    [...app.steps.consumer].map(({ name }: { name: string }) => name),
    ['Lines'],
  )
})

it('the table of options has every option, with its default', () => {
  const [, options = ''] = text.split('## Options')
  const plan = resolvePlan({ name: 'x', queues: ['x'], messages: {} })
  for (const [option, value] of Object.entries(plan)) {
    if (option === 'name' || option === 'queues') continue
    const row = options.split('\n').find((line) => line.split('|')[1]?.includes(`\`${option}\``))
    assert.ok(row, `${option} has no row`)
    if (typeof value === 'number' && option !== 'maxBodyBytes' && option !== 'concurrency')
      assert.ok(row.includes(value.toLocaleString('en')), `${option} is ${value}: ${row}`)
  }
})
