/**
 * What a worker answers to remote control: Celery's commands, by its names and with its replies
 * (https://docs.celeryq.dev/en/stable/userguide/workers.html#remote-control), and those a program adds (`app/panel.ts`).
 */
import type { Command, CommandArguments, Panel } from '../../app/panel.ts'
import type { Consumer } from '../consumer/consumer.ts'
import { EVENT_COMMANDS } from './events.ts'
import { MEMORY_COMMANDS } from './memory.ts'
import { POOL_COMMANDS } from './pool.ts'
import { QUEUE_COMMANDS } from './queues.ts'
import { REQUEST_COMMANDS } from './requests.ts'
import { REVOKE_COMMANDS } from './revoke.ts'
import { STATS_COMMANDS } from './stats.ts'
import { TASK_COMMANDS } from './tasks.ts'
import { WORKER_COMMANDS } from './worker.ts'

const BUILTIN: readonly Command[] = [
  ...WORKER_COMMANDS,
  ...REQUEST_COMMANDS,
  ...STATS_COMMANDS,
  ...TASK_COMMANDS,
  ...REVOKE_COMMANDS,
  ...QUEUE_COMMANDS,
  ...POOL_COMMANDS,
  ...EVENT_COMMANDS,
  ...MEMORY_COMMANDS,
]

/** Every command, by name. */
export function allCommands(panel: Panel): readonly Command[] {
  const byName = new Map([...BUILTIN, ...panel].map((command) => [command.name, command]))
  return [...byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** What one worker does when it is asked, by name and alias. */
export function handlersOf(worker: Consumer): Readonly<Record<string, (args: CommandArguments) => unknown>> {
  const handlers: Record<string, (args: CommandArguments) => unknown> = {}
  for (const { name, alias, run } of allCommands(worker.app.panel)) {
    const handler = (args: CommandArguments) => run(worker, args)
    handlers[name] = handler
    if (alias !== undefined) handlers[alias] = handler
  }
  return handlers
}
