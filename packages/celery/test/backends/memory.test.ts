import { randomUUID } from 'node:crypto'
import { afterEach, mock } from 'node:test'
import { type BackendOptions, createBackend } from '../../src/backends/index.ts'
import { describeBackend } from '../backend-conformance.ts'

afterEach(() => mock.timers.reset())

describeBackend('memory', start, { isShared: false })

async function start() {
  const url = `memory://${randomUUID()}`
  return {
    open: (options?: BackendOptions) => createBackend(url, options),
    async expire() {
      mock.timers.enable({ apis: ['Date'], now: Date.now() + 86_401_000 })
    },
    shared: undefined,
  }
}
