import type { Engine, ReferenceRecording } from '../engines/engine.ts'

/**
 * The engine, which says every sentence in the voice of this recording, unless a voice of its own is named. Another
 * `version` is another sound.
 */
export function inVoiceOf(engine: Engine, reference: ReferenceRecording, version: string): Engine {
  const { name, sampleRate, capabilities } = engine
  return {
    name,
    identity: `${engine.identity ?? ''} ${version}`,
    sampleRate,
    capabilities,
    synthesize(sentence, settings, signal) {
      const own = settings.name === '' ? { ...settings, reference } : settings
      return engine.synthesize(sentence, own, signal)
    },
    close: () => engine.close(),
  }
}
