import type { SpeechStatus } from '../speech-service.ts'

const WIDTH = 30

/** One line on stderr: redrawn in place on a terminal, one after the other elsewhere. */
export function showProgress({ state, progress }: SpeechStatus): void {
  const line = progress
    ? `${bar(progress.done / progress.total)} ${progress.done}/${progress.total} sentences`
    : state
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}${isLast(state) ? '\n' : ''}` : `${line}\n`)
}

function bar(share: number): string {
  const filled = Math.round(share * WIDTH)
  return `[${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}]`
}

const isLast = (state: string) => ['SUCCESS', 'FAILURE', 'REVOKED'].includes(state)
