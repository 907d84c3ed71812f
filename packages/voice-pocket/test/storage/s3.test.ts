import { test } from 'node:test'
import { createStorage } from '../../src/storage/index.ts'
import { pythonPath } from '../service-url.ts'
import { storageConformance } from '../storage-conformance.ts'
import { S3Server } from './s3/server.ts'

const python = pythonPath()

if (python === undefined) {
  test('S3Storage', { skip: 'no PYTHON_VENV: npm test makes one' }, () => {})
} else {
  const server = await S3Server.start(python)
  test.after(() => server[Symbol.asyncDispose]())
  storageConformance('S3Storage', async () => createStorage(await server.storageUrl('speech/of tests')))
}
