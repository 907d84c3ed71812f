/** The same engine as Debian has it: a process for a text, which is what a script around it would do. */
import { spawn } from 'node:child_process'
import { findExecutable } from '../../scripts/services/executable.ts'
import { secondsSince } from './service.ts'

const WAV_HEADER_BYTES = 44
const BYTES_PER_SECOND = 2 * 22_050

export const hasEspeakCommand = (await findExecutable(['espeak-ng'])) !== undefined

export interface CommandRun {
  /** Until the first sound. */
  readonly first: number
  /** Until the last. */
  readonly total: number
  readonly sound: number
}

/** All in seconds. */
export async function espeakCommand(text: string, voice: string): Promise<CommandRun> {
  const began = performance.now()
  const command = spawn('espeak-ng', ['-v', voice, '--stdin', '--stdout'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  command.stdin.end(text)
  let [bytes, first] = [0, Number.NaN]
  for await (const piece of command.stdout) {
    bytes += piece.length
    if (Number.isNaN(first) && bytes > WAV_HEADER_BYTES) first = secondsSince(began)
  }
  return { first, total: secondsSince(began), sound: (bytes - WAV_HEADER_BYTES) / BYTES_PER_SECOND }
}
