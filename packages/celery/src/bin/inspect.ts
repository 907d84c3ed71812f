import type { Command } from 'commander'
import { remoteCommand } from './remote-command.ts'

/** `celery inspect`: asks workers how they are. */
export function inspectCommand(): Command {
  return remoteCommand('inspect', 'Ask workers how they are.')
}
