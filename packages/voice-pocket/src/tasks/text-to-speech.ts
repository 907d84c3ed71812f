import { type BoundTask, TaskRevokedError } from '@voice-pocket/celery'
import type { Engine } from '../engines/engine.ts'
import { makeTts, type Progress } from '../speech/speaker.ts'
import { type MoreParameters, toRequest } from '../speech-task.ts'
import { speechKey } from '../storage/key.ts'
import type { Storage } from '../storage/storage.ts'
import { DEFAULT_VOICE } from '../voices/voice.ts'
import type { VoiceStore } from '../voices/voice-store.ts'

/** What the task works with; opened when the first task of a process needs it. */
export interface TextToSpeechParts {
  readonly engine: Engine
  readonly storage: Storage
  readonly voices: VoiceStore
  readonly maxTextLength: number
  /** Of a text that does not name its own; undefined goes by the script of each sentence. */
  readonly language: string | undefined
}

/** Sentences can take three milliseconds each; nobody reads progress that fast, and every step is stored. */
const PROGRESS_INTERVAL_MS = 200

/**
 * The task `text_to_speech`: is the voice of this e-mail set up (`isSet`)? Set it up if not (`addSynth`), speak
 * (`makeTts`), and return the key of the file, `<email>/<uuid>.wav`. Running it twice writes the same file twice.
 */
export function textToSpeech(open: () => Promise<TextToSpeechParts>) {
  return async function textToSpeech(
    self: BoundTask,
    uuid: string,
    email: string,
    text: string,
    { ...more }: MoreParameters = {},
  ): Promise<string> {
    const { engine, storage, voices, maxTextLength, language } = await open()
    const request = toRequest({ uuid, email, text, more }, maxTextLength)
    await refuseIfCancelled(self)
    if (!(await voices.isSet(request.requestTo))) await voices.addSynth(request.requestTo, DEFAULT_VOICE)
    const voice = await voices.load(request.requestTo)
    const { language: own = language, voice: name = voice.name, ...changes } = request.options
    const key = speechKey(request.requestTo, request.uuid)
    await makeTts({
      text: request.text,
      ...(own !== undefined && { language: own }),
      voice: { ...voice, ...changes, name },
      engine,
      storage,
      key,
      onProgress: atMostEvery(PROGRESS_INTERVAL_MS, (progress) => self.updateState('PROGRESS', progress)),
      signal: self.request.signal,
    })
    return key
  }
}

/** A request can be cancelled while no worker is there to hear of it; the result then says so. */
async function refuseIfCancelled(self: BoundTask): Promise<void> {
  const backend = await self.app.backend()
  const { status } = await backend.getTaskMeta(self.request.id)
  if (status === 'REVOKED') throw new TaskRevokedError('revoked')
}

/** A part that can be heard is told of at once: somebody may be waiting for it. */
function atMostEvery(intervalMs: number, report: (progress: Progress) => Promise<void>) {
  let [last, parts] = [Number.NEGATIVE_INFINITY, 0]
  return async (progress: Progress): Promise<void> => {
    const now = performance.now()
    if (now - last < intervalMs && progress.parts === parts) return
    last = now
    parts = progress.parts
    await report(progress)
  }
}
