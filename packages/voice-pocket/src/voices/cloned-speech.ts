import { createHash } from 'node:crypto'
import { toBytes } from '../audio/pcm.ts'
import type { Engine, ReferenceRecording } from '../engines/engine.ts'

/** The engine, which says every sentence in the voice of this recording. */
export function inVoiceOf(engine: Engine, reference: ReferenceRecording): Engine {
  return {
    name: engine.name,
    sampleRate: engine.sampleRate,
    capabilities: engine.capabilities,
    identity: `${engine.identity ?? ''} in the voice of ${hash(reference)}`,
    synthesize: (sentence, settings, signal) =>
      engine.synthesize(sentence, { ...settings, reference }, signal),
    close: () => engine.close(),
  }
}

function hash({ samples, sampleRate, transcript }: ReferenceRecording): string {
  return createHash('sha256').update(toBytes(samples)).update(`${sampleRate} ${transcript}`).digest('hex')
}
