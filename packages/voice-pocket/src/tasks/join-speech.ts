import { type BoundTask, TaskRevokedError } from '@voice-pocket/celery'
import { StoredObjectNotFoundError } from '../exceptions.ts'
import { joinParts } from '../speech/join-parts.ts'
import { SpeechFiles } from '../speech/speech-files.ts'
import { scriptKey } from '../storage/key.ts'
import type { Storage } from '../storage/storage.ts'
import { partsIdFor } from '../uuid.ts'
import type { WholeSpeech } from './long-speech.ts'
import { type OpenTools, stateOf } from './tools.ts'

/**
 * The task `join_speech`: the end of a long text, in the place of the `text_to_speech` that was asked for. The parts
 * become the one file, or, when it was cancelled or one of them failed, are deleted.
 */
export function joinSpeechTask(open: OpenTools) {
  return async function joinSpeech(self: BoundTask, whole: WholeSpeech): Promise<string> {
    const { storage } = await open()
    const backend = await self.app.backend()
    const progressId = partsIdFor(whole.taskId)
    const isCancelled = (await stateOf(self, whole.taskId)) === 'REVOKED'
    const { status, result } = await backend.getTaskMeta(progressId)
    if (!isCancelled && status !== 'FAILURE') await join(storage, whole, self.request.signal)
    await discardParts(storage, whole)
    if (isCancelled) throw new TaskRevokedError('revoked')
    if (status === 'FAILURE') throw result // whoever is here again after a crash must find it
    await backend.forget(progressId)
    return whole.key
  }
}

/** What is no longer needed when the whole is there, or never will be. */
export async function discardParts(
  storage: Pick<Storage, 'write' | 'read' | 'delete'>,
  { key, parts }: Pick<WholeSpeech, 'key' | 'parts'>,
): Promise<void> {
  await new SpeechFiles(storage, key).deleteParts(parts)
  await storage.delete(scriptKey(key))
}

/**
 * After a crash between deleting the parts and saying so, the sound is there and they are not; of a text that was
 * delivered twice, some are there again.
 */
async function join(storage: Storage, { key, parts }: WholeSpeech, signal: AbortSignal): Promise<void> {
  try {
    await joinParts(storage, key, parts, signal)
  } catch (error) {
    const isJoined = error instanceof StoredObjectNotFoundError && (await storage.stat(key)) !== undefined
    if (!isJoined) throw error
  }
}
