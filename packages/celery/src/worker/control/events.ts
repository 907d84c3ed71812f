/** What a worker says to monitors and to other workers. */
import { NO_REPLY } from '@voice-pocket/kombu'
import type { Command } from '../../app/panel.ts'
import { beat } from '../consumer/heart.ts'
import { answerHello } from '../consumer/mingle.ts'

export const EVENT_COMMANDS: readonly Command[] = [
  {
    name: 'enable_events',
    type: 'control',
    help: 'Tell worker(s) to send task-related events.',
    run: ({ parts: { events }, logger }) => {
      if (events.groups.size === 0 || events.groups.has('task')) return { ok: 'task events already enabled' }
      events.groups.add('task')
      logger.info('Events of group {task} enabled by remote.')
      return { ok: 'task events enabled' }
    },
  },
  {
    name: 'disable_events',
    type: 'control',
    help: 'Tell worker(s) to stop sending task-related events.',
    run: ({ parts: { events }, logger }) => {
      if (!events.groups.delete('task')) return { ok: 'task events already disabled' }
      logger.info('Events of group {task} disabled by remote.')
      return { ok: 'task events disabled' }
    },
  },
  {
    name: 'heartbeat',
    type: 'control',
    help: 'Tell worker(s) to send event heartbeat immediately.',
    run: (worker) => beat(worker),
  },
  {
    name: 'election',
    type: 'control',
    visible: false,
    help: 'Hold election. This worker takes no part: a vote ends a Python worker that is alone.',
    run: () => NO_REPLY,
  },
  { name: 'hello', type: 'inspect', visible: false, help: 'Request mingle sync-data.', run: answerHello },
]
