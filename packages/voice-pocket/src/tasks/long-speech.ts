/** A text that all workers speak at once: a chord of lanes, and a task that joins what they made. */
import { type AnySignature, type BoundTask, chain, chord } from '@voice-pocket/celery'
import type { SpeechRequest } from '../messages.ts'
import { messagePriority } from '../priority.ts'
import type { Part } from '../speech/parts.ts'
import { writeScript } from '../speech/script-file.ts'
import { JOIN_SPEECH, SPEAK_PART } from '../speech-task.ts'
import { scriptKey } from '../storage/key.ts'
import type { Storage } from '../storage/storage.ts'
import type { SpokenText } from '../text/spoken-text.ts'

/** About a minute and a half of speech; to hand out more than that pays, also to a single worker's children. */
export const PARTS_SPOKEN_HERE = 4

/**
 * How many parts of one text wait or are spoken at the same time: enough for many workers, and few enough that the
 * parts of other texts need not wait long for their turn. A lane sends its next part when the one before is spoken.
 */
const LANES = 16

/** The speech as a whole, which every part and the end of it know. */
export interface WholeSpeech {
  readonly uuid: string
  readonly email: string
  readonly requestFrom: string
  /** When the voice was enrolled that speaks; absent for a default voice. */
  readonly enrolledAt?: string
  /** Of the task that was asked for, and of the one that joins. */
  readonly taskId: string
  readonly key: string
  readonly parts: number
  readonly sentences: number
  /** That speaks all of it. */
  readonly engine: string
}

export interface PartCall extends WholeSpeech {
  readonly index: number
  /** Of the script in the storage: the line of this part. */
  readonly bytes: readonly [start: number, end: number]
}

export interface LongSpeech {
  readonly request: SpeechRequest
  readonly key: string
  readonly content: SpokenText
  readonly engine: string
  readonly enrolledAt: string | undefined
  readonly parts: readonly Part[]
}

/** What `text_to_speech` does with a long text. */
export interface HandedOut {
  /** To be spoken here and now, so that nobody waits for the first sentence of a text behind all parts of others. */
  readonly first: PartCall
  /** For everybody. */
  readonly rest: AnySignature
}

/** What is said waits in the storage: a lane that carried the texts of all its parts would be a heavy message. */
export async function longSpeech(
  self: BoundTask,
  storage: Pick<Storage, 'write'>,
  { request, key, content, engine, enrolledAt, parts }: LongSpeech,
): Promise<HandedOut> {
  const whole: WholeSpeech = {
    uuid: request.uuid,
    email: request.requestTo,
    requestFrom: request.requestFrom,
    ...(enrolledAt !== undefined && { enrolledAt }),
    taskId: self.request.id,
    key,
    parts: parts.length,
    sentences: parts.reduce((sum, { sentences }) => sum + sentences.length, 0),
    engine,
  }
  const { lines, bytes } = writeScript(content, parts)
  await storage.write(scriptKey(key), oneByOne(lines))
  const [first, ...others] = bytes.map((own, index) => ({ ...whole, index, bytes: own }))
  if (first === undefined) throw new RangeError('a speech has at least one part')
  const priority = await messagePriority(self.app.connection, request.priority)
  const lanes = Array.from({ length: Math.min(LANES, others.length) }, (_, lane) =>
    chain(
      others.filter((_call, place) => place % LANES === lane).map((call) => spoken(self, call, priority)),
    ),
  )
  const join = self.app.signature(JOIN_SPEECH, { args: [whole] })
  join.setImmutable(true)
  join.set({ priority })
  return { first, rest: chord(lanes, join) }
}

function spoken(self: BoundTask, call: PartCall, priority: number): AnySignature {
  const signature = self.app.signature(SPEAK_PART, { args: [call] })
  signature.setImmutable(true)
  return signature.set({ priority })
}

async function* oneByOne(lines: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* lines
}
