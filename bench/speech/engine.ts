import { loadEngine } from '../../packages/voice-pocket/src/engines/index.ts'
import { DEFAULT_VOICE } from '../../packages/voice-pocket/src/voices/voice.ts'
import { TEXT } from './messages.ts'

/** What the engine makes of the same sentences in one process, with nothing around it. */
export async function measureEngine(count: number): Promise<{ perSecond: number; realTime: number }> {
  const engine = await loadEngine('espeak')
  const voice = { ...DEFAULT_VOICE, language: 'ko' }
  await engine.synthesize(TEXT, voice)
  const started = performance.now()
  let samples = 0
  for (let spoken = 0; spoken < count; spoken++)
    samples += (await engine.synthesize(TEXT, voice)).samples.length
  const seconds = (performance.now() - started) / 1_000
  await engine.close()
  return { perSecond: count / seconds, realTime: samples / engine.sampleRate / seconds }
}
