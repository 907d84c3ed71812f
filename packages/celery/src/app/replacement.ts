import { Chain } from '../canvas/chain.ts'
import type { AnySignature } from '../canvas/fitting.ts'
import { signatureFromJson } from '../canvas/from-json.ts'
import { Group } from '../canvas/group.ts'
import { pipe } from '../canvas/upgrade.ts'
import { Ignore, ImproperlyConfigured } from '../exceptions.ts'
import type { AnyResult } from '../result.ts'
import type { Celery } from './celery.ts'
import type { Context } from './context.ts'

/**
 * Sends a signature in the place of the task that runs: under its id, with its callbacks and errbacks, as its part of
 * the chord, and with the rest of its chain behind it. Who waits for the task gets the value of the signature.
 * @throws Ignore, which ends the task without a record.
 */
export async function replaceWith(
  app: Celery,
  request: Context,
  signature: AnySignature,
  onReplace: (replacement: AnySignature) => Promise<void>,
): Promise<never> {
  const read = (part: unknown) => signatureFromJson(part, app)
  if (signature.options.chord) {
    throw new ImproperlyConfigured('A signature that replaces a task must not be part of a chord already.')
  }
  if (signature instanceof Chain && signature.tasks.length === 0) {
    throw new ImproperlyConfigured('A task cannot be replaced by an empty chain.')
  }
  const whole = singleValue(app, signature)
  for (const callback of request.callbacks) whole.link(read(callback))
  for (const errback of request.errbacks) whole.linkError(read(errback))
  whole.bind({ options: { taskId: request.id } })
  const replacedTaskNesting = request.replacedTaskNesting + 1
  whole.set({
    rootId: request.rootId,
    replacedTaskNesting,
    ...(request.group !== undefined && { groupId: request.group }),
    ...(request.groupIndex !== undefined && { groupIndex: request.groupIndex }),
    ...(request.chord !== undefined && { chord: read(request.chord) }),
  })
  whole.freeze()
  const rest = request.chain.map((part) => read(part).set({ replacedTaskNesting }))
  const replacement = rest.reduceRight(pipe, whole)
  await onReplace(replacement)
  await replacement.send()
  throw new Ignore('Replaced by new task')
}

/** Sends a signature as one more part of the chord that the running task is a part of. */
export async function addToChord(app: Celery, request: Context, signature: AnySignature): Promise<AnyResult> {
  const { chords } = await app.backend()
  if (request.chord === undefined || request.group === undefined) {
    throw new ImproperlyConfigured(`Task ${request.task}[${request.id}] is not part of a chord.`)
  }
  if (chords === undefined) {
    throw new ImproperlyConfigured('The result backend counts no parts of chords, so none can be added.')
  }
  const part = signature.clone().set({
    groupId: request.group,
    chord: signatureFromJson(request.chord, app),
    rootId: request.rootId,
    ...(request.groupIndex !== undefined && { groupIndex: request.groupIndex }),
  })
  await chords.extend(request.group, part.endings)
  return part.send()
}

/** A group has no single value to stand for; the list of them does. */
function singleValue(app: Celery, signature: AnySignature): AnySignature {
  if (!(signature instanceof Group)) return signature.clone()
  const accumulate = app.signature('celery.accumulate', { kwargs: { index: 0 } })
  return pipe(signature, accumulate)
}
