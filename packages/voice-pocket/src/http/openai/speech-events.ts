/**
 * The sound as server-sent events: https://platform.openai.com/docs/api-reference/audio/speech-audio-delta-event.
 * The pieces, decoded and joined, are the file.
 */
import { type Encoding, encodeLive } from '../../audio/encode.ts'
import type { Sound } from '../../audio/sound.ts'
import type { HttpProblem } from '../errors.ts'
import { eventStream, type ServerEvent } from '../event-stream.ts'
import { errorEvent } from './answers.ts'

export interface SpeechEventsOptions {
  readonly sound: Sound
  readonly encoding: Encoding
  /** Aborted when the client goes. */
  readonly left: AbortController
  readonly input: string
  /** Says in the stream what an answer can say no more by its status. */
  explain(error: unknown): Promise<HttpProblem>
}

/** A character of the text is a token, and so is this much of the sound: about as much as a token of OpenAI's models. */
const SECONDS_PER_TOKEN = 0.05

export function speechEvents(options: SpeechEventsOptions): Response {
  const events = toEvents(options)
  return eventStream(events, () => {
    options.left.abort()
    events.return().catch(() => {}) // nobody is left who could be told
  })
}

async function* toEvents(options: SpeechEventsOptions): AsyncGenerator<ServerEvent, void, undefined> {
  const { sound, encoding, left, input, explain } = options
  let seconds = 0
  const counted = countSeconds(sound, (more) => {
    seconds += more
  })
  try {
    for await (const bytes of encodeLive(counted, encoding, left)) {
      const audio = Buffer.from(bytes).toString('base64')
      yield { data: { type: 'speech.audio.delta', audio } }
    }
  } catch (error) {
    if (!left.signal.aborted || error !== left.signal.reason) {
      yield { data: errorEvent(await explain(error)) }
    }
    return
  }
  yield { data: { type: 'speech.audio.done', usage: usageOf(input, seconds) } }
}

function usageOf(input: string, seconds: number) {
  const inputTokens = Array.from(input).length
  const outputTokens = Math.ceil(seconds / SECONDS_PER_TOKEN)
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  }
}

function countSeconds({ sampleRate, samples }: Sound, count: (seconds: number) => void): Sound {
  return {
    sampleRate,
    samples: (async function* () {
      for await (const piece of samples) {
        count(piece.length / sampleRate)
        yield piece
      }
    })(),
  }
}
