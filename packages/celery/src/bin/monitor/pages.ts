/** What can be read of a task, of the workers, and of what they replied. Titles are Celery's. */
import type { Replies } from '../../app/control.ts'
import { str } from '../../app/python-repr.ts'
import type { State, Task } from '../../events/state.ts'
import { EXCEPTION_STATES } from '../../states.ts'
import type { Content, PageLine } from './model.ts'
import { taskInfo } from './task-info.ts'

export function infoPage(task: Task): Content {
  const lines = [...taskInfo(task), ['state', task.state] as const]
  return [`Task details for ${task.uuid}`, lines.map(([name, text]) => ({ name, text }))]
}

export function resultPage(task: Task): Content {
  return [`Task Result for ${task.uuid}`, textLines(task.result ?? task.exception ?? '')]
}

/** Undefined for a task that did not fail. */
export function tracebackPage(task: Task): Content | undefined {
  if (!EXCEPTION_STATES.has(task.state)) return undefined
  const text = task.traceback ?? task.exception ?? 'No traceback was sent.'
  return [`Task Exception Traceback for ${task.uuid}`, textLines(text)]
}

export function workersPage({ workers }: State): Content {
  const lines = [...workers.values()].map((worker): PageLine => {
    const { hostname, alive, active, processed, loadavg, swIdent, swVer } = worker
    const software = swIdent === undefined ? '' : ` ${swIdent} ${swVer}`
    const load = loadavg === undefined ? '' : ` load=${loadavg.join(' ')}`
    const tasks = ` active=${active ?? '?'} processed=${processed ?? '?'}`
    const text = `${alive ? 'online' : 'silent'}${tasks}${load}${software}`
    return { name: hostname, text, colour: alive ? 'green' : 'red' }
  })
  return ['Workers', lines.length > 0 ? lines : [{ text: 'No workers discovered.' }]]
}

export function repliesPage(replies: Replies): Content {
  const title = 'Remote Control Command Replies'
  if (replies.length === 0) return [title, [{ text: 'No replies received in 1s deadline.', colour: 'red' }]]
  return [
    title,
    replies.flatMap((reply) => Object.entries(reply)).map(([node, said]) => replyLine(node, said)),
  ]
}

export function failurePage(error: unknown): Content {
  const text = error instanceof Error ? error.message : String(error)
  return ['Remote Control Command Replies', [{ text, colour: 'red' }]]
}

export const HELP_PAGE: Content = [
  'Keys',
  [
    { name: 'j, down', text: 'the next task' },
    { name: 'k, up', text: 'the task before' },
    { name: 'i, enter', text: 'everything that is known of the selected task' },
    { name: 'r', text: 'its result' },
    { name: 't', text: 'its traceback' },
    { name: 'c', text: 'revoke it' },
    { name: 'l', text: 'set the rate limit of all tasks of its kind' },
    { name: 'w', text: 'the workers' },
    { name: 'q, ^c', text: 'quit' },
  ],
]

function replyLine(node: string, said: unknown): PageLine {
  if (typeof said !== 'object' || said === null) return { name: node, text: str(said) }
  if ('error' in said) return { name: node, text: str(said.error), colour: 'red' }
  return 'ok' in said ? { name: node, text: str(said.ok), colour: 'green' } : { name: node, text: str(said) }
}

function textLines(text: string): readonly PageLine[] {
  return text.split('\n').map((line) => ({ text: line }))
}
