import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { describeCanvas } from './canvas-conformance.ts'

const folder = await mkdtemp(join(tmpdir(), 'celery-canvas-'))
after(() => rm(folder, { recursive: true }))

describeCanvas('sqlite', async () => ({
  brokerUrl: `sqlite:///${join(folder, 'broker.sqlite')}`,
  resultBackend: `sqlite:///${join(folder, 'results.sqlite')}`,
}))
