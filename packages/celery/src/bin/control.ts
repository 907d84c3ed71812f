import type { Command } from 'commander'
import { remoteCommand } from './remote-command.ts'

/** `celery control`: changes something in workers. */
export function controlCommand(): Command {
  return remoteCommand('control', 'Change something in workers.')
}
