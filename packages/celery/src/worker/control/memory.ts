/** How much memory a worker uses, and for what. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeHeapSnapshot } from 'node:v8'
import type { Command } from '../../app/panel.ts'
import { asNumber, wholeNumber } from './arguments.ts'

export const MEMORY_COMMANDS: readonly Command[] = [
  {
    name: 'memsample',
    type: 'inspect',
    help: 'Sample current RSS memory usage.',
    run: ({ state }) => {
      const bytes = process.memoryUsage.rss()
      state.sampleMemory(bytes)
      return readable(bytes)
    },
  },
  {
    name: 'memdump',
    type: 'inspect',
    help: 'Dump statistics of previous memsample requests.',
    signature: '[n_samples=10]',
    args: [['samples', asNumber]],
    run: ({ state }, args) => dump(state.memorySamples, wholeNumber(args, 'samples', 10)),
  },
  {
    name: 'objgraph',
    type: 'inspect',
    help: 'Write what is in memory to a heap snapshot file, for the developer tools of a browser.',
    defaultTimeout: 60,
    run: async () => {
      // A folder of one's own: a snapshot has everything in it, secrets included.
      const folder = await mkdtemp(join(tmpdir(), 'celery-heap-'))
      return { filename: writeHeapSnapshot(join(folder, `${process.pid}.heapsnapshot`)) }
    },
  },
]

/** At most `count` of the samples, evenly over time, and the newest. */
function dump(samples: readonly number[], count: number): string {
  const step = Math.max(1, Math.ceil(samples.length / Math.max(1, count)))
  const lines = samples.filter((_, index) => index % step === 0).map((bytes) => `- ${readable(bytes)}`)
  const total = readable(process.memoryUsage.rss())
  return `${['- rss: (samples in order)', ...lines, `- rss (end): ${total}.`].join('\n')}\n`
}

/** As Celery writes it: `46.633MB`. */
function readable(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  return `${Number((bytes / 1024 ** power).toPrecision(5))}${units[power]}`
}
