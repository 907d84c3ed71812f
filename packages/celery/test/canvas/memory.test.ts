import { randomUUID } from 'node:crypto'
import { describeCanvas } from './canvas-conformance.ts'

describeCanvas('memory', async () => {
  const name = randomUUID()
  return { brokerUrl: `memory://${name}`, resultBackend: `cache+memory://${name}` }
})
