import { type BoundTask, TaskRevokedError } from '@voice-pocket/celery'
import type { SpeechRequest } from '../messages.ts'
import { toParts } from '../speech/parts.ts'
import { toSentences } from '../speech/sentences.ts'
import { makeTts, type Progress } from '../speech/speaker.ts'
import { type MoreParameters, toRequest } from '../speech-task.ts'
import { speechKey } from '../storage/key.ts'
import { toManuscript } from '../text/input-type.ts'
import type { Person } from '../voices/synths.ts'
import type { VoiceRegistry } from '../voices/voice-registry.ts'
import { longSpeech, PARTS_SPOKEN_HERE } from './long-speech.ts'
import { speakOne } from './speak-part.ts'
import { type OpenTools, stateOf, type Tools } from './tools.ts'

/** Sentences can take three milliseconds each; nobody reads progress that fast, and every step is stored. */
const PROGRESS_INTERVAL_MS = 200

/**
 * The task `text_to_speech`: is the voice of this e-mail set up (`isSet`)? Set it up if not (`addSynth`), speak
 * (`makeTts`), and return the key of the file, `<email>/<uuid>.wav`. A long text is spoken by all workers at once: a
 * chord takes this task's place. Running it twice writes the same file twice.
 */
export function textToSpeech(open: OpenTools) {
  return async function textToSpeech(
    self: BoundTask,
    uuid: string,
    email: string,
    text: string,
    { ...more }: MoreParameters = {},
  ): Promise<string> {
    const tools = await open()
    const { engines, storage, voices, synths, lexicons, maxTextLength, language } = tools
    const request = toRequest({ uuid, email, text, more }, maxTextLength)
    if ((await stateOf(self, self.request.id)) === 'REVOKED') throw new TaskRevokedError('revoked')
    const person = await permitted(self, voices, request)
    const options = { ...person.enrolled?.defaults, ...request.options }
    const { language: wanted = language, normalize = true } = options
    const manuscript = toManuscript(request)
    const key = speechKey(request.requestTo, request.uuid)
    const wish = { only: request.options.engine, first: await synths.firstEngine(person) }
    const lexicon = await lexicons.lexiconOf(request.requestTo)
    return engines.useFirst(wish, async (engine) => {
      if (!(await synths.isSet(person, engine))) await synths.addSynth(person, engine)
      const own = await synths.load(person, engine)
      const script = {
        manuscript,
        ...(wanted !== undefined && { language: wanted }),
        normalize,
        voice: own,
        manner: options,
      }
      const parts = toParts(toSentences({ ...script, lexicon }, engine))
      if (parts.length > PARTS_SPOKEN_HERE) {
        const enrolledAt = person.enrolled?.createdAt
        const long = { request, key, content: manuscript.content, engine: engine.name, enrolledAt, parts }
        const { first, rest } = await longSpeech(self, tools.storage, long)
        await speakOne(self, tools, first)
        return self.replace(rest)
      }
      await makeTts({
        ...script,
        lexicon,
        engine: await synths.speaking(person, engine),
        storage,
        key,
        speak: permittedParts(tools, person, request),
        onProgress: atMostEvery(PROGRESS_INTERVAL_MS, (progress) =>
          self.updateState('PROGRESS', { ...progress, key }),
        ),
        signal: self.request.signal,
      })
      return key
    })
  }
}

/** Grants can have been revoked since the request was accepted, and a client can call the task without asking. */
async function permitted(self: BoundTask, voices: VoiceRegistry, request: SpeechRequest): Promise<Person> {
  const enrolled = await voices.permit(request)
  if (enrolled !== undefined && self.request.retries === 0) await voices.logUse(request)
  return { email: request.requestTo, enrolled }
}

/** And asked again before each part. */
function permittedParts({ cache, synths, voices }: Tools, person: Person, request: SpeechRequest) {
  const speak = cache.of(person.email, () => synths.isCurrent(person))
  return async (...part: Parameters<typeof speak>): ReturnType<typeof speak> => {
    await voices.permitStill(request, person.enrolled?.createdAt)
    return speak(...part)
  }
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
