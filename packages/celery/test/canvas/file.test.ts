import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { describeCanvas } from './canvas-conformance.ts'

const folder = await mkdtemp(join(tmpdir(), 'celery-canvas-'))
after(() => rm(folder, { recursive: true }))

const settings = {
  brokerUrl: `memory://${randomUUID()}`,
  resultBackend: `file://${folder}`,
  resultChordRetryInterval: 0.02,
}
describeCanvas('file', async () => settings, { counts: false })
