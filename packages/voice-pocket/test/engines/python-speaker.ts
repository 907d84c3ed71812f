/** The engine of examples/python-engine, as its own worker runs it. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { REPOSITORY } from '../end-to-end/program.ts'
import type { Workspace } from '../end-to-end/workspace.ts'

export const EXAMPLE = join(REPOSITORY, 'examples/python-engine')

export interface SpeakerServers {
  readonly python: string
  readonly brokerUrl: string
  readonly resultBackend: string
  /** A module beside the example's, or the example itself. */
  readonly module?: string
  readonly folder?: string
}

/** Resolves with its queue, when it takes from it. */
export async function startSpeaker(
  workspace: Workspace,
  { python, brokerUrl, resultBackend, module = 'speaker', folder = EXAMPLE }: SpeakerServers,
): Promise<string> {
  const queue = `voice_pocket.engine.${randomUUID()}`
  const worker = workspace.start(
    [
      python,
      '-m',
      'celery',
      '-A',
      module,
      'worker',
      '-Q',
      queue,
      '-c',
      '2',
      '-n',
      `${queue}@test`,
      '-l',
      'INFO',
    ],
    {
      cwd: folder,
      env: {
        CELERY_BROKER_URL: brokerUrl,
        CELERY_RESULT_BACKEND: resultBackend,
        PYTHONDONTWRITEBYTECODE: '1',
      },
    },
  )
  await worker.says(/ ready\./)
  return queue
}
