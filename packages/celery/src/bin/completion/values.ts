import { findApp } from '../../app/find-app.ts'
import { importModules } from '../../app/import-modules.ts'
import type { Celery } from '../../index.ts'
import { allCommands } from '../../worker/control/index.ts'
import type { ValueSource } from './candidates.ts'
import type { Position } from './position.ts'

/** Whoever presses Tab does not wait longer for workers, in seconds. */
const PATIENCE = 0.5

type Values = (app: Celery) => Promise<readonly string[]> | readonly string[]

const TASKS: Values = (app) => app.tasks.names
const QUEUES: Values = (app) => app.amqp.queues.configured.map(({ name }) => name)
const NODES: Values = async (app) =>
  (await app.control.ping({ timeout: PATIENCE })).flatMap((reply) => Object.keys(reply)).sort()
const remoteCommands =
  (type: 'inspect' | 'control'): Values =>
  (app) =>
    allCommands(app.panel)
      .filter((command) => command.type === type && command.visible !== false)
      .map(({ name }) => name)

/** By command and option, or command and argument. */
const SOURCES: Readonly<Record<string, Values>> = {
  'call name': TASKS,
  'call --queue': QUEUES,
  'result --task': TASKS,
  'worker --queues': QUEUES,
  'worker --exclude-queues': QUEUES,
  'purge --queues': QUEUES,
  'purge --exclude-queues': QUEUES,
  'status --destination': NODES,
  'inspect --destination': NODES,
  'control --destination': NODES,
  'inspect command': remoteCommands('inspect'),
  'control command': remoteCommands('control'),
}

/** Asks the app that the command line names, or the environment. */
export function valuesOfApp(env: NodeJS.ProcessEnv): ValueSource {
  return async (position) => {
    const [source, path] = [SOURCES[nameOf(position)], position.given.app ?? env.CELERY_APP]
    if (source === undefined || path === undefined) return []
    const { broker: brokerUrl = env.CELERY_BROKER_URL } = position.given
    await using app = await findApp(path)
    app.configFromObject(brokerUrl === undefined ? {} : { brokerUrl })
    await importModules(app)
    return source(app)
  }
}

function nameOf({ command, option, argument }: Position): string {
  return `${command.name()} ${option ? option.long : argument?.name()}`
}
