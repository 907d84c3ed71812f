/** How replies of workers are shown, which is Celery's way of it; colours on a terminal only. */
import { styleText } from 'node:util'
import type { Reply } from '@voice-pocket/kombu'
import { str } from '../app/python-repr.ts'

/** How much is shown. */
export interface Showing {
  /** Also what was said, and not only whether it was good. */
  readonly body: boolean
  /** Without arrows. */
  readonly quiet?: boolean | undefined
}

/** One reply as it comes. */
export function showReply(reply: Reply, { body, quiet = false }: Showing): void {
  for (const [node, said] of Object.entries(reply)) {
    const { isOk, text } = readable(said)
    const status = styleText(isOk ? ['green', 'bold'] : ['red', 'bold'], isOk ? 'OK' : 'ERROR')
    const arrow = quiet ? '' : `${styleText(['white', 'bold'], '->')} `
    print(`${arrow} ${styleText(['cyan', 'bold'], `${node}: `)}${status}`)
    if (body) print(indent(text))
  }
}

/** How many there are, after what they said. */
export function showCount(count: number): void {
  print(`\n${count} ${count === 1 ? 'node' : 'nodes'} online.`)
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function readable(said: unknown): { isOk: boolean; text: string } {
  if (Array.isArray(said)) {
    const lines = said.map((item) => `${styleText('white', '*')} ${str(item)}`)
    return { isOk: true, text: lines.length > 0 ? lines.join('\n') : '- empty -' }
  }
  if (typeof said !== 'object' || said === null) return { isOk: true, text: str(said) }
  if ('ok' in said) return { isOk: true, text: indent(readable(said.ok).text) }
  if ('error' in said) return { isOk: false, text: indent(readable(said.error).text) }
  return { isOk: true, text: JSON.stringify(sorted(said), null, 4) }
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]))
}
