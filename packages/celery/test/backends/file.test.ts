import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, describe, it, mock } from 'node:test'
import { type BackendOptions, createBackend } from '../../src/backends/index.ts'
import { BackendError, ImproperlyConfigured } from '../../src/exceptions.ts'
import { describeBackend } from '../backend-conformance.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = await mkdtemp(join(tmpdir(), 'celery-files-'))
after(() => rm(folder, { recursive: true }))

afterEach(() => mock.timers.reset())

async function start() {
  const url = `file://${folder}`
  return {
    open: (options?: BackendOptions) => createBackend(url, options),
    async expire() {
      mock.timers.enable({ apis: ['Date'], now: Date.now() + 86_401_000 })
    },
    shared: { url, options: {} },
  }
}

describeBackend('file', start, { countsChords: false })

describe('results in files', { timeout: 60_000 }, () => {
  it('lie where Python looks for them, in a folder that is made when the first one is stored', async (t) => {
    const results = join(await temporaryFolder(t), 'made', 'here')
    await using backend = await createBackend(`file://localhost${results}`)
    assert.equal((await backend.getTaskMeta('id-1')).status, 'PENDING')
    await backend.markAsDone('id-1', 5)
    const record = JSON.parse(await readFile(join(results, 'celery-task-meta-id-1'), 'utf8'))
    assert.deepEqual([record.task_id, record.status, record.result], ['id-1', 'SUCCESS', 5])
    assert.deepEqual((await readdir(results)).sort(), ['.celery-lock', 'celery-task-meta-id-1'])
  })

  it('stay inside their folder, whatever the id of a task is', async (t) => {
    const results = join(await temporaryFolder(t), 'inside')
    await using backend = await createBackend(`file://${results}`)
    const ids = ['../../outside', 'a/b', 'nul\0byte', '한글'.repeat(100), 'x'.repeat(5000)]
    for (const [index, id] of ids.entries()) await backend.markAsDone(id, index)
    for (const [index, id] of ids.entries()) assert.equal((await backend.getTaskMeta(id)).result, index)
    assert.deepEqual(await readdir(join(results, '..')), ['inside'])
    assert.equal((await readdir(results)).length, ids.length + 1)
  })

  it('are waited for while Python is still writing them', async (t) => {
    const results = await temporaryFolder(t)
    await using backend = await createBackend(`file://${results}`)
    const path = join(results, 'celery-task-meta-slow')
    const record = JSON.stringify({ task_id: 'slow', status: 'SUCCESS', result: 'whole', children: [] })
    for (const unfinished of ['', record.slice(0, 20)]) {
      await writeFile(path, unfinished)
      const reading = backend.getTaskMeta('slow')
      await writeFile(path, record)
      assert.equal((await reading).result, 'whole')
    }
    await writeFile(path, '{"half":')
    await assert.rejects(backend.getTaskMeta('slow'), /is no JSON/)
  })

  it('are removed by cleanup when they have expired, and nothing else is', async (t) => {
    const results = await temporaryFolder(t)
    await using backend = await createBackend(`file://${results}`, { expiresSeconds: 60 })
    await backend.markAsDone('old', 1)
    await backend.markAsDone('new', 2)
    for (const name of ['another-program', '.celery-task-meta-x.1.celery-tmp'])
      await writeFile(join(results, name), '')
    const old = new Date(Date.now() - 4_000_000)
    for (const name of ['celery-task-meta-old', 'another-program', '.celery-task-meta-x.1.celery-tmp'])
      await utimes(join(results, name), old, old)
    assert.equal(await backend.cleanup(), 2)
    assert.deepEqual((await readdir(results)).sort(), [
      '.celery-lock',
      'another-program',
      'celery-task-meta-new',
    ])
  })

  it('are kept for ever when told so; a claimed key is not', async (t) => {
    const results = await temporaryFolder(t)
    await using backend = await createBackend(`file://${results}`, { expiresSeconds: 0 })
    await backend.markAsDone('kept', 1)
    assert.ok(Math.abs((await stat(join(results, 'celery-task-meta-kept'))).mtimeMs - Date.now()) < 60_000)
    assert.equal(await backend.claimKey('once', 'first', 60), 'first')
    assert.equal(await backend.claimKey('once', 'second', 60), 'first')
    mock.timers.enable({ apis: ['Date'], now: Date.now() + 61_000 })
    assert.equal(await backend.claimKey('once', 'second', 60), 'second')
    assert.equal((await backend.getTaskMeta('kept')).result, 1)
    assert.equal(await backend.cleanup(), 0)
  })

  it('need a folder', async (t) => {
    await assert.rejects(createBackend('file://'), ImproperlyConfigured)
    const path = join(await temporaryFolder(t), 'a-file')
    await writeFile(path, '')
    await using backend = await createBackend(`file://${path}`)
    await assert.rejects(backend.markAsDone(randomUUID(), 1), (error) => {
      assert.ok(error instanceof BackendError)
      assert.match(error.message, /a-file.* cannot be changed: Error: EEXIST/)
      return true
    })
  })
})
