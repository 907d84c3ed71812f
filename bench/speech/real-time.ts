import { loadEngine } from '../../packages/voice-pocket/src/engines/index.ts'
import { toParts } from '../../packages/voice-pocket/src/speech/parts.ts'
import { toSentences } from '../../packages/voice-pocket/src/speech/sentences.ts'
import { speakPart } from '../../packages/voice-pocket/src/speech/speak.ts'
import { plainText } from '../../packages/voice-pocket/src/text/manuscript.ts'
import { DEFAULT_VOICE } from '../../packages/voice-pocket/src/voices/voice.ts'
import { espeakCommand, hasEspeakCommand } from './espeak-command.ts'
import { secondsSince } from './service.ts'
import { chapter, newspaper } from './texts.ts'

const TEXTS = {
  'Korean, a page of a newspaper': { text: newspaper, language: 'ko', command: 'ko' },
  'English, a chapter': { text: chapter, language: 'en', command: 'en-us' },
} as const

/** Seconds of sound for each second of work, in one process. */
export interface RealTime {
  readonly text: string
  readonly engine: number
  /** As the service has it: read, levelled, with pauses and the times of all words. */
  readonly spoken: number
  /** NaN where espeak-ng is not installed. */
  readonly command: number
}

/** @param length characters of each text, at most */
export async function measureRealTime(length: number): Promise<RealTime[]> {
  const figures: RealTime[] = []
  for (const [name, { text: whole, language, command }] of Object.entries(TEXTS)) {
    const text = whole.slice(0, length)
    const { engine, spoken } = await measureOurs(text, language)
    const peer = hasEspeakCommand ? await espeakCommand(text, command) : undefined
    figures.push({ text: name, engine, spoken, command: (peer?.sound ?? Number.NaN) / (peer?.total ?? 1) })
  }
  return figures
}

async function measureOurs(text: string, language: string): Promise<{ engine: number; spoken: number }> {
  const engine = await loadEngine('espeak')
  const voice = { ...DEFAULT_VOICE, language }
  await engine.synthesize('1', voice)
  const script = { manuscript: plainText(text), language, voice: DEFAULT_VOICE }
  const sentences = toSentences(script, engine)
  let [began, samples] = [performance.now(), 0]
  for (const { spoken, settings } of sentences) {
    samples += (await engine.synthesize(spoken.text, settings)).samples.length
  }
  const alone = samples / engine.sampleRate / secondsSince(began)
  ;[began, samples] = [performance.now(), 0]
  for (const part of toParts(toSentences(script, engine))) {
    samples += (await speakPart(text, part.sentences, { engine })).samples.length
  }
  const spoken = samples / engine.sampleRate / secondsSince(began)
  await engine.close()
  return { engine: alone, spoken }
}
