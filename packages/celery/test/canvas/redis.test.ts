import { randomUUID } from 'node:crypto'
import { describe } from 'node:test'
import { serviceFrom } from '../service.ts'
import { describeCanvas } from './canvas-conformance.ts'

const redis = serviceFrom('REDIS_URL')

describe('with a real Redis', { skip: redis.skip }, () => {
  describeCanvas('redis', async () => ({
    brokerUrl: `memory://${randomUUID()}`,
    resultBackend: redis.value,
    resultExpires: 60,
    resultBackendTransportOptions: { globalKeyprefix: `test-${randomUUID()}:` },
  }))
})
