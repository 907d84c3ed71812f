/** A service with a worker of one child, on queues of its own: what it takes, in the order in which it takes it. */
import { randomUUID } from 'node:crypto'
import type { SignalledTask } from '@voice-pocket/celery'
import { Connection, Queue } from '@voice-pocket/kombu'
import { loadConfig } from '../../src/config.ts'
import { toSpeechRequest } from '../../src/messages.ts'
import { VoicePocket } from '../../src/service.ts'
import { silentLogger } from '../silent-logger.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const EMAIL = 'reader@example.com'
const QUEUES = ['INPUT', 'OUTPUT', 'DEAD', 'TASK', 'SPEECH', 'PARTS']

/** One task that the worker took: with one child and nothing in advance, it begins there and then. */
export interface Taken {
  /** What the request was called when it was asked for. */
  readonly request: string | undefined
  readonly task: string
}

export async function openQueueBench(cleanUp: AsyncDisposableStack, brokerUrl: string) {
  const folder = await temporaryFolder(cleanUp)
  const url = brokerUrl === 'sqlite' ? `sqlite:///${folder}/broker.sqlite` : brokerUrl
  const names = QUEUES.map((role) => [role, `test-${randomUUID()}`] as const)
  cleanUp.defer(() => deleteQueues(url, names))
  const config = loadConfig({
    CELERY_BROKER_URL: url,
    CELERY_RESULT_BACKEND: `sqlite:///${folder}/results.sqlite`,
    VOICE_POCKET_INDEX: `sqlite:///${folder}/index.sqlite`,
    VOICE_POCKET_STORAGE: `file:${folder}/speech`,
    VOICE_POCKET_CACHE_SIZE: '0',
    ...Object.fromEntries(names.map(([role, name]) => [`VOICE_POCKET_${role}_QUEUE`, name])),
  })
  const pocket = await VoicePocket.open(config, silentLogger)
  cleanUp.defer(() => pocket.terminate())
  const requests = new Map<string, string>()
  const taken: Taken[] = []
  const watchers = new Set<() => void>()
  pocket.app.signals.taskReceived.connect(({ task }) => {
    taken.push({ request: requests.get(uuidOf(task)), task: task.name })
    for (const watch of watchers) watch()
  })
  return {
    taken,
    startWorker: () => pocket.startWorker({ concurrency: 1 }),
    /** Resolves when the broker has it. */
    async ask(request: string, text: string, priority?: number): Promise<void> {
      const uuid = randomUUID()
      requests.set(uuid, request)
      await pocket.service.request(toSpeechRequest({ uuid, email: EMAIL, text, priority }))
    },
    async until(isSo: () => boolean): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      const watch = () => isSo() && resolve()
      watchers.add(watch)
      watch()
      await promise
      watchers.delete(watch)
    },
  }
}

function uuidOf(task: SignalledTask): string {
  const { args, kwargs } = task.arguments()
  return String(kwargs.uuid ?? (args[0] as { uuid: string }).uuid)
}

async function deleteQueues(url: string, names: readonly (readonly [string, string])[]): Promise<void> {
  await using connection = new Connection(url)
  const channel = await connection.channel()
  for (const [, name] of names) await new Queue(name).delete(channel)
}
