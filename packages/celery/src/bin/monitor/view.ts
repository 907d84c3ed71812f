/** Draws the model: what stands in each line of a screen of that size. The layout is that of Celery's monitor. */
import type { Task } from '../../events/state.ts'
import { version } from '../../version.ts'
import { abbreviate, columnsOf, plain } from './columns.ts'
import type { Model } from './model.ts'
import { drawPage } from './page-view.ts'
import { formatRow } from './row.ts'
import type { Size } from './size.ts'
import { type Format, fillRows, fit, type Line } from './styled.ts'
import { taskInfo } from './task-info.ts'

/** Border, greeting, header of the table, and what is below it. */
const ROWS_AROUND_TASKS = 10
const SMALLEST: Size = { columns: 60, rows: 12 }
const KEYS = 'j:down k:up i:info t:traceback r:result c:revoke l:rate limit w:workers ?:help ^c: quit'

const STATE_COLOURS: Readonly<Record<string, Format>> = {
  SUCCESS: 'green',
  STARTED: 'yellow',
  REVOKED: 'magenta',
  RETRY: 'red',
  FAILURE: 'red',
}

export function tasksOn({ rows }: Size): number {
  return Math.max(0, rows - ROWS_AROUND_TASKS)
}

/** As many lines as the screen has rows. */
export function draw(model: Model, size: Size): readonly Line[] {
  if (size.columns < SMALLEST.columns || size.rows < SMALLEST.rows)
    return fillRows([[[`This needs ${SMALLEST.columns} columns and ${SMALLEST.rows} rows.`]]], size.rows)
  return model.view.kind === 'page' ? drawPage(model.view, size) : drawTasks(model, size)
}

function drawTasks(model: Model, size: Size): readonly Line[] {
  const columns = size.columns - 2
  const width = size.columns - 4
  const header = formatRow(
    { uuid: 'UUID', name: 'TASK', worker: 'WORKER', time: 'TIME', state: 'STATE' },
    width,
  )
  const rule: Line = [[`├${'─'.repeat(columns)}┤`]]
  const tasks = model.tasks.map((task) => boxed(taskLine(task, task.uuid === model.selected, width), columns))
  const top: Line[] = [
    [[`┌${'─'.repeat(columns)}┐`]],
    boxed([[`  celery events ${version}`, 'dim', 'blue']], columns),
    boxed([], columns),
    boxed([['  '], [header.join(''), 'bold', 'underline']], columns),
  ]
  const footer = [selection(model, width), workers(model), info(model), bottom(model)]
  const room = size.rows - footer.length - 2
  const body = fillRows([...top, ...tasks], room, boxed([], columns))
  return [...body, rule, ...footer.map((line) => boxed(line, columns)), [[`└${'─'.repeat(columns)}┘`]]]
}

function taskLine(task: Task, isSelected: boolean, width: number): Line {
  const time = new Date((task.timestamp ?? 0) * 1000).toISOString().slice(11, 19)
  const row = { uuid: task.uuid, name: task.name, worker: task.worker?.hostname ?? '*NONE*', time }
  const [text, state] = formatRow({ ...row, state: task.state }, width)
  const colour = STATE_COLOURS[task.state]
  const formats: Format[] = isSelected ? ['inverse'] : []
  return [[isSelected ? '> ' : '  '], [text, ...formats], [state, ...formats, ...(colour ? [colour] : [])]]
}

function selection({ selected, selectedTask }: Model, width: number): Line {
  if (selected === undefined) return [['  No task selected']]
  const label = 'Selected: '
  const more = '... -> key i'
  const known = selectedTask ? taskInfo(selectedTask).map(shortInfo).join(' ') : ''
  const text = abbreviate(plain(known || 'Missing extended info'), width - columnsOf(label), more)
  const isCut = text.endsWith(more)
  const pieces: Line = [['  '], [label, 'bold'], [isCut ? text.slice(0, -more.length) : text]]
  return isCut ? [...pieces, [more, 'bold']] : pieces
}

function shortInfo([name, value]: readonly [string, string]): string {
  if (name === 'runtime') return `${name}=${Number(value).toFixed(2)}`
  return `${name}=${name === 'result' ? abbreviate(value, 16) : value}`
}

function workers({ state }: Model): Line {
  const names = state
    .aliveWorkers()
    .map(({ hostname }) => plain(hostname))
    .sort()
  if (names.length === 0) return [['  No workers discovered.']]
  return [['  '], ['Workers online: ', 'bold'], [names.join(', ')]]
}

function info({ state, notice }: Model): Line {
  const alive = state.aliveWorkers().length
  const counts = `events: ${state.eventCount} tasks:${state.taskCount} workers:${alive}/${state.workers.size}`
  const news: Line = notice === '' ? [] : [[`  ${plain(notice)}`, 'red']]
  return [['  '], ['Info: ', 'bold'], [counts, 'dim'], ...news]
}

function bottom({ view }: Model): Line {
  if (view.kind === 'prompt')
    return [['  '], [view.label, 'bold', 'underline'], [plain(view.text)], ['_', 'bold']]
  return [['  '], ['Keys: ', 'bold'], [KEYS, 'dim']]
}

function boxed(line: Line, columns: number): Line {
  return [['│'], ...fit(line, columns), ['│']]
}
