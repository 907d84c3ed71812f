import { type BoundTask, TaskRevokedError } from '@voice-pocket/celery'
import type { Engine } from '../engines/engine.ts'
import type { SpeechRequest } from '../messages.ts'
import { toParts } from '../speech/parts.ts'
import { toSentences } from '../speech/sentences.ts'
import { makeTts, type Progress } from '../speech/speaker.ts'
import { type MoreParameters, toRequest } from '../speech-task.ts'
import { speechKey } from '../storage/key.ts'
import { toManuscript } from '../text/input-type.ts'
import type { Lexicon } from '../text/lexicon.ts'
import type { Manuscript } from '../text/manuscript.ts'
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
    const request = toRequest({ uuid, email, text, more }, tools.maxTextLength)
    if ((await stateOf(self, self.request.id)) === 'REVOKED') throw new TaskRevokedError('revoked')
    const person = await permitted(self, tools.voices, request)
    const wish = { only: request.options.engine, first: await tools.synths.firstEngine(person) }
    const lexicon = await tools.lexicons.lexiconOf(request.requestTo)
    const asked = { request, person, manuscript: toManuscript(request), lexicon }
    return tools.engines.useFirst(wish, (engine) => speakWith(engine, self, tools, asked))
  }
}

/** What is to be spoken, and by whose voice, whichever engine does it. */
interface Asked {
  readonly request: SpeechRequest
  readonly person: Person
  readonly manuscript: Manuscript
  readonly lexicon: Lexicon
}

async function speakWith(engine: Engine, self: BoundTask, tools: Tools, asked: Asked): Promise<string> {
  const { request, person, manuscript, lexicon } = asked
  const { synths, storage } = tools
  if (!(await synths.isSet(person, engine))) await synths.addSynth(person, engine)
  const manner = { ...person.enrolled?.defaults, ...request.options }
  const { language = tools.language, normalize = true } = manner
  const voice = await synths.load(person, engine)
  const ofLanguage = language !== undefined && { language }
  const script = { manuscript, ...ofLanguage, normalize, lexicon, voice, manner }
  const key = speechKey(request.requestTo, request.uuid)
  const parts = toParts(toSentences(script, engine))
  if (parts.length > PARTS_SPOKEN_HERE) {
    const enrolledAt = person.enrolled?.createdAt
    const long = { request, key, content: manuscript.content, engine: engine.name, enrolledAt, parts }
    const { first, rest } = await longSpeech(self, storage, long)
    await speakOne(self, tools, first)
    return self.replace(rest)
  }
  await makeTts({
    ...script,
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
