/** The worker itself: is it there, how is it configured, leave. */
import { NO_REPLY } from '@voice-pocket/kombu'
import { bugReport, settingsTable } from '../../app/bug-report.ts'
import type { Command } from '../../app/panel.ts'
import { asBoolean, flag } from './arguments.ts'

export const WORKER_COMMANDS: readonly Command[] = [
  {
    name: 'ping',
    type: 'inspect',
    help: 'Ping worker(s).',
    defaultTimeout: 0.2,
    run: () => ({ ok: 'pong' }),
  },
  {
    name: 'report',
    type: 'inspect',
    help: 'Information about Celery installation for bug reports.',
    run: ({ app }) => ({ ok: bugReport(app) }),
  },
  {
    name: 'conf',
    alias: 'dump_conf',
    type: 'inspect',
    help: 'List configuration.',
    signature: '[include_defaults=False]',
    args: [['with_defaults', asBoolean]],
    run: ({ app }, args) => settingsTable(app.conf, { withDefaults: flag(args, 'with_defaults') }),
  },
  {
    name: 'shutdown',
    type: 'control',
    help: 'Shutdown worker(s).',
    run: ({ parts }) => {
      parts.onShutdown()
      return NO_REPLY
    },
  },
]
