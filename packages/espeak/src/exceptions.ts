/** Every error this package throws on purpose. Each class says what is true of the world once it is thrown. */
export class EspeakError extends Error {
  override name = this.constructor.name
}

/** eSpeak NG has no such language or speaker; nothing was spoken, and no other voice was taken instead. */
export class UnknownVoiceError extends EspeakError {}

/** A number or an option is outside of what eSpeak NG has; nothing was spoken. */
export class InvalidSettingError extends EspeakError {}

/** The engine was closed, or broke; a new one may work. */
export class EngineClosedError extends EspeakError {}
