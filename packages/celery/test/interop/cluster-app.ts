/** Our side of the mixed cluster: what cluster_tasks.py is on the other side. */
import { createClient } from '@redis/client'
import { type AnySignature, Celery, chain, chord, group, type LooseSettings } from '../../src/index.ts'

/** The hash of how often each task ran, and the one of how many each worker ran. */
export const hashes = (prefix: string) => ({ runs: `${prefix}runs`, workers: `${prefix}workers` })

export interface ClusterOptions {
  readonly settings: LooseSettings
  /** Where runs are noted, under keys that begin so. */
  readonly redisUrl: string
  readonly prefix: string
}

export function createClusterApp({ settings, redisUrl, prefix }: ClusterOptions) {
  const app = new Celery('cluster', settings)
  const { runs, workers } = hashes(prefix)
  let connecting: Promise<ReturnType<typeof createClient>> | undefined
  // It stays open: a worker that is told to end must end nevertheless.
  const note = async ({ id, hostname }: { id: string; hostname: string }) => {
    connecting ??= createClient({ url: redisUrl }).connect() as Promise<ReturnType<typeof createClient>>
    const client = await connecting
    await Promise.all([client.hIncrBy(runs, id, 1), client.hIncrBy(workers, hostname, 1)])
  }
  const add = app.task(
    'cluster.add',
    async (self, x: number, y: number) => {
      await note(self.request)
      return x + y
    },
    { bind: true },
  )
  const total = app.task(
    'cluster.total',
    async (self, numbers: readonly number[]) => {
      await note(self.request)
      return numbers.reduce((sum, number) => sum + number, 0)
    },
    { bind: true },
  )
  /** One of each kind, and how many tasks they are. */
  const canvases = (n: number): readonly AnySignature[] => {
    const header = () => [add.s(n, 1), add.s(n, 2), add.s(n, 3)] as const
    return [
      chain(add.s(n, 1), add.s(2), add.s(3)),
      group(...header()),
      chord(header(), total.s()),
      chain(add.s(n, 1), group(add.s(1), add.s(2)), total.s(), add.s(10)),
    ]
  }
  return { app, add, canvases }
}

/** What the canvases of `n` give, and how many tasks they are. */
export const valuesOf = (n: number) => [n + 6, [n + 1, n + 2, n + 3], 3 * n + 6, 2 * n + 15]
export const TASKS_IN_CANVASES = 3 + 3 + 4 + 5

/** What a worker's command line and the children of its pool import. */
const { CLUSTER } = process.env
export const app = CLUSTER === undefined ? undefined : createClusterApp(JSON.parse(CLUSTER)).app
