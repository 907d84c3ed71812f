export {
  createEngine,
  type EngineOptions,
  type EngineUtterance,
  EspeakEngine,
  type Sounds,
  type VoiceSettings,
} from './engine.ts'
export { Espeak, type EspeakSettings, type SpeechEvent, type Utterance } from './espeak.ts'
export { EngineClosedError, EspeakError, InvalidSettingError, UnknownVoiceError } from './exceptions.ts'
export { type MeasuredVoice, type Register, registerOf } from './register.ts'
