// The service
export { type Config, loadConfig, toEnv } from './config.ts'
// Seams
export type { CreateEngine, Engine, EngineCapabilities } from './engines/engine.ts'
export * from './exceptions.ts'
// Messages, and how to handle more types of them
export {
  type Accepted,
  type Handler,
  HandlerRegistry,
  type SpeechStarter,
  speechHandler,
} from './handlers.ts'
export { type InputParts, inputMessageConsumerStep } from './input-consumer.ts'
export { MALFORMED_REASONS, type MalformedReason } from './malformed-reasons.ts'
export {
  etlSchema,
  type OutputMessage,
  outputMessageSchema,
  type SpeechRequest,
} from './messages.ts'
export { type NoticeSubject, Notices, queueOf, type Route } from './notices.ts'
export type { SpeechOptions } from './request-options.ts'
export { VoicePocket } from './service.ts'
export { type IndexEntry, type IndexOptions, openSpeechIndex, SpeechIndex } from './speech-index.ts'
export { type SpeechAudio, SpeechService, type SpeechStatus } from './speech-service.ts'
export type { ByteRange, ListedObject, PresignedAs, Storage, StoredObject } from './storage/storage.ts'
export type { Consent } from './voices/consent.ts'
export type { EnrolledVoice } from './voices/enrolled-voice.ts'
export type { MeasuredVoice } from './voices/measured-voice.ts'
export type { Voice, VoiceSettings } from './voices/voice.ts'
export type { VoiceRegistry, VoiceUse } from './voices/voice-registry.ts'
export type { DeletedVoice, Enrolment, VoiceService } from './voices/voice-service.ts'
