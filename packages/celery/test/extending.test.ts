/** The programs of docs/extending.md, run as its reader would run them. */
import assert from 'node:assert/strict'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { findApp } from '../src/index.ts'
import { CeleryProcess } from './bin/celery-process.ts'
import { programsOf, writePrograms } from './readme-programs.ts'
import { temporaryFolder } from './temporary-folder.ts'

const REPOSITORY = join(import.meta.dirname, '../../..')
const text = await readFile(join(REPOSITORY, 'docs/extending.md'), 'utf8')

async function onDisk(t: TestContext) {
  const folder = await temporaryFolder(t)
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writePrograms(folder, programsOf(text))
  const app = await findApp(join(folder, 'app.ts'))
  app.configFromObject({
    brokerUrl: `sqlite:///${join(folder, 'broker.sqlite')}`,
    resultBackend: `sqlite:///${join(folder, 'results.sqlite')}`,
  })
  t.after(() => app.close())
  const worker = (...options: string[]) =>
    new CeleryProcess(['--workdir', folder, 'worker', '-l', 'info', ...options], { app: './app.ts' })
  return { app, worker, folder }
}

describe('docs/extending.md', { timeout: 120_000 }, () => {
  it('a step of one’s own starts and stops, a signal is heard, a command is answered', async (t) => {
    const { app, worker } = await onDisk(t)
    await using running = worker('-P', 'async')
    await running.said(/The price list is open/)
    await running.said(/ ready\./)
    const result = await app.sendTask('shop.price', { args: [10] })
    assert.equal(await result.get({ timeout: 20 }), 12)
    await running.said(/succeeded/)
    const [reply] = await app.control.request('sold', { limit: 1, timeout: 20 })
    assert.deepEqual(Object.values(reply ?? {}), [{ sold: 1 }])
    running.kill('SIGTERM')
    assert.equal(await running.ended(), 0)
    assert.match(running.stderr, /The price list is closed/)
  })

  it('a pool of one’s own runs the tasks', async (t) => {
    const { app, worker } = await onDisk(t)
    await using running = worker('-P', './loud-pool.ts')
    const result = await app.sendTask('shop.price', { args: [10] })
    assert.equal(await result.get({ timeout: 20 }), 12)
    assert.match(running.stdout, new RegExp(`a task for the loud pool: ${result.id}`))
    running.kill('SIGTERM')
    assert.equal(await running.ended(), 0)
  })

  it('a task runs where what it needs is loaded already', async (t) => {
    const { app, worker } = await onDisk(t)
    await using running = worker('-c', '2', '-I', './forecast.ts')
    const forecasts: unknown[] = []
    for (const shop of ['north', 'south', 'north', 'south']) {
      const result = await app.sendTask('shop.forecast', { args: [shop] })
      forecasts.push(await result.get({ timeout: 20 }))
      await running.said(new RegExp(`${result.id}\\] succeeded`)) // its child is idle again
    }
    assert.deepEqual(forecasts, ['after a while', 'after a while', 'at once', 'at once'])
    running.kill('SIGTERM')
    assert.equal(await running.ended(), 0)
  })

  it('an autoscaler of one’s own sizes the pool', async (t) => {
    const { app, worker, folder } = await onDisk(t)
    await writeFile(
      join(folder, 'settings.mjs'),
      "export default { workerAutoscaler: './eager-autoscaler.ts' }",
    )
    await using running = worker('-P', 'async', '--autoscale', '4,1', '--config', './settings.mjs')
    const result = await app.sendTask('shop.price', { args: [10] })
    assert.equal(await result.get({ timeout: 20 }), 12)
    await running.said(/Scaling up 3 processes/)
    running.kill('SIGTERM')
    assert.equal(await running.ended(), 0)
  })

  it('what is no pool is refused', async (t) => {
    const { worker } = await onDisk(t)
    await using missing = worker('-P', './no-pool.ts')
    assert.notEqual(await missing.ended(), 0)
    assert.match(missing.stderr, /The pool \.\/no-pool\.ts cannot be imported/)
    await using other = worker('-P', './app.ts')
    assert.notEqual(await other.ended(), 0)
    assert.match(other.stderr, /exports no function 'createPool'/)
  })
})
