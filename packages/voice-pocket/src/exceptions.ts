/** Every error this package throws on purpose. Each class says what is true of the world once it is thrown. */
export class VoicePocketError extends Error {
  override name = this.constructor.name
}

// ---- configuration

/** A setting is wrong or unknown; nothing was started. */
export class ConfigError extends VoicePocketError {}

// ---- requests

/** No request with this uuid was ever accepted, or it has expired. */
export class SpeechNotFoundError extends VoicePocketError {}

/** The request was accepted and its audio is not there yet. */
export class SpeechNotReadyError extends VoicePocketError {}

/** The request ended without audio, or the audio is no longer in the storage; it will not come back. */
export class SpeechGoneError extends VoicePocketError {}
