/**
 * Everything in which two workers in the same state answer `inspect` differently, in one place; all else is the same,
 * value by value. Each has its reason.
 */
const UNLIKE: Readonly<Record<string, string>> = {
  // Of this run: processes, times and amounts.
  pid: 'a process',
  worker_pid: 'a process',
  processes: 'processes',
  time_start: 'a time',
  eta: 'a time',
  uptime: 'a time',
  clock: 'a logical time',
  rusage: 'what a process used',
  id: 'an id',
  // Python counts what it wrote to each pipe; a child of ours has one channel.
  writes: 'jobs of each child',
  // Python leaves it open who says that messages are persistent; here the exchange does.
  delivery_mode: 'how messages are kept',
  // Python knows by which of two names it was given; here it is in `queue_arguments`, and under this name too.
  max_priority: 'the highest priority',
  // Whatever has `key` in its name is not shown here, as it is not in `conf`.
  global_keyprefix: 'masked',
}

/** How often tasks ran, by their names: the tests before did not send both workers the same. */
const COUNTS = 'total'

/** The shape of what differs, and the value of what does not; names of workers, queues and tasks without their side. */
export function alike(answer: unknown): unknown {
  const text = JSON.stringify(answer)
    .replaceAll(/"(js|py)\./g, '"')
    .replaceAll(/(ours|theirs)@|\.(ours|theirs)"/g, (found) => (found.endsWith('@') ? 'side@' : '.side"'))
  return JSON.parse(text, (name, value) => {
    if (name === COUNTS) return Object.values(value).every((count) => typeof count === 'number')
    return Object.hasOwn(UNLIKE, name) ? shapeOf(value) : value
  })
}

/** Names and types, all the way down. */
function shapeOf(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value === null ? 'number' : typeof value
  if (Array.isArray(value)) return value.map(shapeOf)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shapeOf(part)]))
}
