/** Where tasks run: more of it, less of it, anew. */
import { importModule } from '../../app/import-modules.ts'
import type { Command, CommandArguments } from '../../app/panel.ts'
import type { Consumer } from '../consumer/consumer.ts'
import { asNumber, texts, valueError, wholeNumber } from './arguments.ts'

export const POOL_COMMANDS: readonly Command[] = [
  {
    name: 'pool_grow',
    type: 'control',
    help: 'Grow pool by n processes/threads.',
    signature: '[N=1]',
    args: [['n', asNumber]],
    run: (worker, args) => resize(worker, 'grow', wholeNumber(args, 'n', 1)),
  },
  {
    name: 'pool_shrink',
    type: 'control',
    help: 'Shrink pool by n processes/threads.',
    signature: '[N=1]',
    args: [['n', asNumber]],
    run: (worker, args) => resize(worker, 'shrink', wholeNumber(args, 'n', 1)),
  },
  { name: 'pool_restart', type: 'control', help: 'Restart execution pool.', run: restart },
  {
    name: 'autoscale',
    type: 'control',
    help: 'Modify autoscale settings.',
    signature: '[max [min]]',
    args: [
      ['max', asNumber],
      ['min', asNumber],
    ],
    run: autoscale,
  },
]

async function resize(worker: Consumer, verb: 'grow' | 'shrink', by: number) {
  const { pool, autoscaler } = worker.parts
  if (autoscaler) {
    return { error: `pool_${verb} is not supported with autoscale. Adjust autoscale range instead.` }
  }
  const limit = verb === 'grow' ? pool.limit + by : pool.limit - by
  if (by < 1 || limit < 1) {
    throw valueError(
      `A pool of ${pool.limit} cannot ${verb} by ${by}: it changes by 1 or more, and keeps at least 1 slot.`,
    )
  }
  pool.resize(limit)
  await worker.updatePrefetchCount()
  return { ok: `pool will ${verb}` }
}

/**
 * New children import everything anew, and the modules that are named; this process imports those which it has not
 * imported yet. What Celery calls `reload` is thereby done wherever tasks run in children.
 */
async function restart({ app, parts, logger }: Consumer, args: CommandArguments) {
  if (!app.conf.workerPoolRestarts) throw valueError('Pool restarts not enabled')
  const modules = texts(args, 'modules')
  for (const module of modules) {
    logger.debug(`importing module ${module}`)
    await importModule(module)
  }
  parts.pool.restart(modules)
  return { ok: 'reload started' }
}

async function autoscale(worker: Consumer, args: CommandArguments) {
  const { autoscaler } = worker.parts
  if (autoscaler === undefined) throw valueError('Autoscale not enabled')
  const { max, min } = autoscaler.update({
    max: wholeNumber(args, 'max', autoscaler.max),
    min: wholeNumber(args, 'min', autoscaler.min),
  })
  await worker.updatePrefetchCount()
  return { ok: `autoscale now max=${max} min=${min}` }
}
