import { text } from 'node:stream/consumers'
import { type BoundTask, READY_STATES } from '@voice-pocket/celery'
import type { Engine } from '../engines/engine.ts'
import { EngineMissingError, EngineUnavailableError, InvalidVoiceError } from '../exceptions.ts'
import type { PartCache } from '../speech/part-cache.ts'
import { readScriptLine } from '../speech/script-file.ts'
import { SpeechFiles } from '../speech/speech-files.ts'
import { located } from '../speech/timeline.ts'
import { scriptKey } from '../storage/key.ts'
import { partsIdFor } from '../uuid.ts'
import type { PartCall } from './long-speech.ts'
import { type OpenTools, stateOf, type Tools, willBeTriedAgain } from './tools.ts'

/** Longer than any text is spoken. */
const COUNT_WINDOW_MS = 30 * 24 * 60 * 60 * 1000

/**
 * The task `speak_part`: one part of a long text, into a file of its own. What goes wrong with a part goes wrong with
 * the whole: it is noted, the parts behind it are passed over, and the task that joins them says so, once.
 */
export function speakPartTask(open: OpenTools) {
  return async function speakPart(self: BoundTask, call: PartCall): Promise<void> {
    const tools = await open()
    const backend = await self.app.backend()
    const { status } = await backend.getTaskMeta(partsIdFor(call.taskId))
    if (status === 'FAILURE' || READY_STATES.has(await stateOf(self, call.taskId))) return
    await speakOne(self, tools, call)
  }
}

/** Into its file; then, or when it fails, it is said of the whole. */
export async function speakOne(self: BoundTask, tools: Tools, call: PartCall): Promise<void> {
  const backend = await self.app.backend()
  const progressId = partsIdFor(call.taskId)
  try {
    const sentences = await speak(call, tools, self.request.signal)
    const count = await tools.records.count(`speech/${call.taskId}`, sentences, COUNT_WINDOW_MS)
    const done = Math.min(count.total, call.sentences)
    await backend.storeResult(progressId, { done, total: call.sentences, key: call.key }, 'PROGRESS')
  } catch (error) {
    self.request.signal.throwIfAborted()
    if (!(error instanceof Error) || willBeTriedAgain(self, error)) throw error
    if (error instanceof InvalidVoiceError && call.index === 0) throw error // nothing is spoken yet: the next engine has its turn
    await backend.markAsFailure(progressId, isAboutTheEngine(error) ? lostInTheMiddle(call, error) : error)
  }
}

function isAboutTheEngine(error: Error): boolean {
  return error instanceof EngineUnavailableError || error instanceof EngineMissingError
}

/** Another engine would be another voice from here on: none takes over. */
function lostInTheMiddle({ engine, index, parts }: PartCall, cause: Error): EngineUnavailableError {
  return new EngineUnavailableError(
    `The engine ${engine} was lost in the middle of this text, before part ${index + 1} of ${parts}, and did not come ` +
      `back: ${cause.message} Ask again under a new uuid, and the next engine that is there speaks all of it.`,
    { cause },
  )
}

/** How many sentences the part has. */
async function speak(call: PartCall, tools: Tools, signal: AbortSignal): Promise<number> {
  const { engines, synths, voices } = tools
  const use = { uuid: call.uuid, requestFrom: call.requestFrom, requestTo: call.email }
  const person = { email: call.email, enrolled: await voices.permitStill(use, call.enrolledAt) }
  return engines.use(call.engine, async (engine) => {
    const speakPart = tools.cache.of(call.email, () => synths.isCurrent(person))
    return speakWith(await synths.speaking(person, engine), speakPart, call, tools, signal)
  })
}

async function speakWith(
  engine: Engine,
  speakPart: ReturnType<PartCache['of']>,
  call: PartCall,
  { storage }: Pick<Tools, 'storage'>,
  signal: AbortSignal,
): Promise<number> {
  const [start, end] = call.bytes
  const line = await text(await storage.read(scriptKey(call.key), { start, end }))
  const { content, sentences } = readScriptLine(line)
  const { samples, timeline } = await speakPart(content.text, sentences, { engine, signal })
  const spoken = { samples, timeline: located(timeline, content) }
  await new SpeechFiles(storage, call.key).writePart(call.index, spoken, engine.sampleRate)
  return sentences.length
}
