import type { Engine, ReferenceRecording } from '../engines/engine.ts'

/** The engine, which says every sentence in the voice of this recording. */
export function inVoiceOf(engine: Engine, reference: ReferenceRecording): Engine {
  return {
    name: engine.name,
    sampleRate: engine.sampleRate,
    capabilities: engine.capabilities,
    synthesize: (sentence, settings, signal) =>
      engine.synthesize(sentence, { ...settings, reference }, signal),
    close: () => engine.close(),
  }
}
