/** Where tasks run: more of it, less of it, anew. */
import type { Command } from '../../app/panel.ts'
import { asNumber, texts, valueError, wholeNumber } from './arguments.ts'

export const POOL_COMMANDS: readonly Command[] = [
  {
    name: 'pool_grow',
    type: 'control',
    help: 'Grow pool by n processes/threads.',
    signature: '[N=1]',
    args: [['n', asNumber]],
    run: async (worker, args) => {
      worker.parts.pool.grow(wholeNumber(args, 'n', 1))
      await worker.updatePrefetchCount()
      return { ok: 'pool will grow' }
    },
  },
  {
    name: 'pool_shrink',
    type: 'control',
    help: 'Shrink pool by n processes/threads.',
    signature: '[N=1]',
    args: [['n', asNumber]],
    run: async (worker, args) => {
      worker.parts.pool.shrink(wholeNumber(args, 'n', 1))
      await worker.updatePrefetchCount()
      return { ok: 'pool will shrink' }
    },
  },
  {
    name: 'pool_restart',
    type: 'control',
    help: 'Restart execution pool.',
    run: ({ app, parts }, args) => {
      if (!app.conf.workerPoolRestarts) throw valueError('Pool restarts not enabled')
      if (texts(args, 'modules').length > 0) {
        throw valueError("New children import the app's module anew: name further ones in 'imports'")
      }
      parts.pool.restart()
      return { ok: 'reload started' }
    },
  },
  {
    name: 'autoscale',
    type: 'control',
    help: 'Modify autoscale settings.',
    signature: '[max [min]]',
    args: [
      ['max', asNumber],
      ['min', asNumber],
    ],
    run: () => {
      throw valueError('Autoscale not enabled')
    },
  },
]
