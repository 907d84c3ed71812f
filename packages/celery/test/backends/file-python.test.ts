import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Backend } from '../../src/backends/base.ts'
import { createBackend } from '../../src/backends/index.ts'
import { WorkerLostError } from '../../src/exceptions.ts'
import { serviceFrom } from '../service.ts'
import { PythonPeer } from './python-peer.ts'

const python = serviceFrom('PYTHON_VENV')

describe('files of results shared with Python Celery', { skip: python.skip, timeout: 60_000 }, () => {
  let folder: string
  let backend: Backend
  let peer: PythonPeer
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'celery-files-'))
    backend = await createBackend(`file://${folder}`, { transportOptions: { globalKeyprefix: 'both' } })
    peer = new PythonPeer(python.value, `file://${folder}`, 'both')
  })
  after(async () => {
    await peer.end()
    await backend.close()
    await rm(folder, { recursive: true })
  })

  it('are read by its get(), values and exceptions', async () => {
    const [done, failed] = [randomUUID(), randomUUID()]
    await backend.markAsDone(done, { text: '안녕' })
    await backend.markAsFailure(failed, new TypeError('bad'), 'Traceback: here')
    assert.deepEqual(await peer.ask('get', done), { state: 'SUCCESS', value: { text: '안녕' } })
    const { type, args, traceback } = await peer.ask('get', failed)
    assert.deepEqual([type, args, traceback], ['TypeError', ['bad'], 'Traceback: here'])
  })

  it('wake us when Python writes them', async () => {
    const [done, failed] = [randomUUID(), randomUUID()]
    const waiting = [done, failed].map((id) => backend.waitFor(id, { timeoutSeconds: 20 }))
    await peer.ask('succeed', done)
    await peer.ask('fail', failed)
    const [success, failure] = await Promise.all(waiting)
    assert.deepEqual(success?.result, { by: 'Python' })
    assert.ok(failure?.result instanceof WorkerLostError)
  })

  it('are not overwritten by Python once they are a SUCCESS', async () => {
    const taskId = randomUUID()
    await backend.markAsDone(taskId, 'ours')
    await peer.ask('fail', taskId)
    assert.equal((await backend.getTaskMeta(taskId)).result, 'ours')
  })
})
