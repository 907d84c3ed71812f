import type { Celery } from '../app/celery.ts'
import type { Logger } from '../logger.ts'
import type { Request } from './request.ts'

/** Of one job; of what a sender may write into a header, more is not looked at. */
const MOST_KEYS = 8
const LONGEST_KEY = 255

const NONE: readonly string[] = []

/**
 * The keys by which a pool's children are chosen for a request, the most wanted first: what its sender wrote into the
 * header `affinity`, a text or a list of texts, or else what the option `affinity` of its task makes of the arguments.
 * It is a wish: a request whose keys cannot be told runs anywhere.
 */
export function affinityOf(
  request: Pick<Request, 'id' | 'name' | 'message' | 'arguments'>,
  { app, logger }: { app: Pick<Celery, 'tasks'>; logger: Logger },
): readonly string[] {
  const { affinity: header } = request.message.headers
  if (header !== undefined && header !== null) return keysOf(header)
  const { affinity } = app.tasks.get(request.name).options
  if (affinity === undefined) return NONE
  try {
    const { args, kwargs } = request.arguments()
    return keysOf(affinity(args, kwargs))
  } catch (error) {
    logger.warn({ err: error, task: request.name, id: request.id }, 'The affinity of a task cannot be told')
    return NONE
  }
}

function keysOf(given: unknown): readonly string[] {
  const listed = Array.isArray(given) ? given.slice(0, MOST_KEYS) : [given]
  return listed.filter(
    (key): key is string => typeof key === 'string' && key !== '' && key.length <= LONGEST_KEY,
  )
}
