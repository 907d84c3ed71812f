import type { Celery } from '../app/celery.ts'
import { GroupResult } from '../group-result.ts'
import type { AnySignature } from './fitting.ts'

/**
 * Prepares the result backend for the parts of a chord, before the first is sent. Where the header's values have a
 * structure (a group at the end of a chain), that is saved, for the body to get it. A backend that counts no parts
 * has the task celery.chord_unlock look again and again whether all are done.
 */
export async function openChord(
  app: Celery,
  body: AnySignature,
  header: GroupResult,
  size: number,
): Promise<void> {
  const backend = await app.backend()
  backend.ensureChordsAllowed()
  if (backend.chords === undefined) return sendUnlock(app, body, header)
  if (header.results.some((result) => result instanceof GroupResult)) await header.save()
  await backend.chords.open(header.id, size)
}

async function sendUnlock(app: Celery, body: AnySignature, header: GroupResult): Promise<void> {
  const { queue, priority } = body.options
  await app.sendTask('celery.chord_unlock', {
    args: [header.id, body.encode()],
    kwargs: { result: header.results.map((result) => result.asTuple()) },
    countdown: app.conf.resultChordRetryInterval,
    ignoreResult: true,
    addToParent: false,
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority }),
  })
}
