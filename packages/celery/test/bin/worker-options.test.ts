import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { workerOptions } from '../../src/bin/worker-options.ts'
import inventory from '../fixtures/python/inventory/inventory.json' with { type: 'json' }

describe('celery worker', () => {
  it('has every option of Celery’s', () => {
    const flags = new Set(workerOptions().options.flatMap(({ short, long }) => [short, long]))
    assert.deepEqual(
      inventory.worker.filter((flag) => !flags.has(flag)),
      [],
    )
  })

  it('gives them to the worker', () => {
    const args = [
      '-Q',
      'a,b',
      '-c',
      '3',
      '--prefetch-multiplier',
      '2',
      '--heartbeat-interval',
      '5',
      '--autoscale',
      '3',
    ]
    const switches = ['-E', '--without-gossip', '--without-mingle', '--without-heartbeat', '-B']
    const command = workerOptions()
      .exitOverride()
      .parse([...args, ...switches], { from: 'user' })
    assert.deepEqual(command.opts(), {
      ...{ queues: ['a', 'b'], concurrency: 3, prefetchMultiplier: 2, heartbeatInterval: 5 },
      ...{ autoscale: { max: 3, min: 0 }, taskEvents: true, beat: true },
      ...{ withoutGossip: true, withoutMingle: true, withoutHeartbeat: true },
      ...{ loglevel: 'warning', optimization: 'default' },
    })
  })
})
