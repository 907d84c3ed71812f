import { abbreviate, columnsOf, cut, fill, plain } from './columns.ts'

const UUID_WIDTH = 36
const STATE_WIDTH = 8
const TIME_WIDTH = 8
const MIN_WORKER_WIDTH = 15
const MIN_TASK_WIDTH = 16

export interface Row {
  readonly uuid: string
  readonly name: string | undefined
  readonly worker: string
  readonly time: string
  readonly state: string
}

/** A row of the table in so many columns, shared out as Celery's monitor does; the state is apart for its colour. */
export function formatRow(row: Row, columns: number): readonly [text: string, state: string] {
  const withoutState = columns - 1 - STATE_WIDTH - 1 - TIME_WIDTH
  const uuidWidth = Math.max(
    0,
    Math.min(UUID_WIDTH, withoutState - 1 - MIN_TASK_WIDTH - 1 - MIN_WORKER_WIDTH),
  )
  const rest = withoutState - uuidWidth - 1
  const taskWidth = Math.ceil(rest / 2)
  const workerWidth = rest - taskWidth - 1
  const cells = [
    fill(abbreviate(plain(row.uuid), uuidWidth), uuidWidth),
    fill(abbreviate(plain(row.worker), workerWidth), workerWidth),
    fill(abbreviateTask(row.name, taskWidth), taskWidth),
    fill(row.time, TIME_WIDTH),
  ]
  return [`${cells.join(' ')} `, fill(abbreviate(plain(row.state), STATE_WIDTH), STATE_WIDTH)]
}

/** The last part of a name tells the most: `some.module[.]task`. */
function abbreviateTask(name: string | undefined, columns: number): string {
  if (name === undefined) return '???'
  const shown = plain(name)
  if (columnsOf(shown) <= columns) return shown
  const dot = shown.lastIndexOf('.')
  const [module, last] = [shown.slice(0, Math.max(0, dot)), shown.slice(dot + 1)]
  return `${cut(module, Math.max(0, columns - columnsOf(last) - 3))}[.]${last}`
}
