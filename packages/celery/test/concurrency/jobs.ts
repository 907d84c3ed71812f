import { randomUUID } from 'node:crypto'
import { registry } from '@voice-pocket/kombu'
import { writeTask } from '../../src/app/protocol.ts'
import type { Job } from '../../src/concurrency/base.ts'

/** A job as a worker gives it to its pool. */
export function jobOf(task: string, ...args: unknown[]): Job {
  const id = randomUUID()
  const { headers, body } = writeTask({ id, task, args, kwargs: {}, origin: 'test' })
  return {
    id,
    wire: {
      payload: { ...registry.dumps(body), headers, properties: {} },
      deliveryInfo: { exchange: '', routingKey: 'celery', priority: 0, redelivered: false },
      hostname: 'w@h',
    },
    limits: { hard: undefined, soft: undefined },
  }
}
