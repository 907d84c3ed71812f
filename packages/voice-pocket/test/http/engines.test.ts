import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EngineReport } from '../../src/engines/probe.ts'
import { openHttpBench } from './http-bench.ts'

const BOUNDS = { min: 0.5, max: 2 }

test('/v1/engines tells of each what it can do, or why it cannot', async (t) => {
  const reports: EngineReport[] = [
    {
      name: 'able',
      available: true,
      workers: 2,
      sampleRate: 24_000,
      capabilities: {
        languages: ['en', 'ko'],
        voices: ['f1'],
        rate: BOUNDS,
        pitch: BOUNDS,
        range: BOUNDS,
        volume: BOUNDS,
        cloning: 'recording',
        instructions: true,
        phonemes: ['en'],
      },
    },
    { name: 'away', available: false, reason: 'Its server is away.' },
  ]
  const { app } = await openHttpBench(t, { engines: async () => reports })
  const response = await app.request('/v1/engines')
  assert.equal(response.status, 200)
  const none = { rate: null, pitch: null, range: null, volume: null }
  assert.deepEqual(await response.json(), {
    engines: [
      {
        name: 'able',
        available: true,
        workers: 2,
        reason: null,
        sample_rate: 24_000,
        languages: ['en', 'ko'],
        voices: ['f1'],
        cloning: 'recording',
        instructions: true,
        phonemes: ['en'],
        rate: BOUNDS,
        pitch: BOUNDS,
        range: BOUNDS,
        volume: BOUNDS,
      },
      {
        name: 'away',
        available: false,
        workers: null,
        reason: 'Its server is away.',
        sample_rate: null,
        languages: [],
        voices: [],
        cloning: null,
        instructions: false,
        phonemes: [],
        ...none,
      },
    ],
  })
})
