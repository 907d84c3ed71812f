import { MalformedMessageError as MalformedMessage } from '@voice-pocket/celery'
import type { MalformedReason } from './malformed-reasons.ts'

/** Every error this package throws on purpose. Each class says what is true of the world once it is thrown. */
export class VoicePocketError extends Error {
  override name = this.constructor.name
}

// ---- configuration

/** A setting is wrong or unknown; nothing was started. */
export class ConfigError extends VoicePocketError {}

/** The address of the HTTP API is taken or not ours; nobody is heard. */
export class ListenError extends VoicePocketError {}

// ---- requests

/** What could still be read of a message that is wrong elsewhere: whom to tell. */
export interface MessageSender {
  readonly type?: string
  readonly uuid?: string
  readonly requestFrom?: string
  readonly requestTo?: string
}

/** The message can never be served, however often it is delivered; a consumer step puts it aside. */
export class MalformedMessageError extends MalformedMessage {
  declare readonly reason: MalformedReason
  readonly sender: MessageSender

  constructor(reason: MalformedReason, detail: string, sender: MessageSender = {}, options?: ErrorOptions) {
    super(reason, detail, options)
    this.sender = sender
  }
}

/** The task was called with arguments that no request may have; nothing was spoken. */
export class InvalidRequestError extends VoicePocketError {}

/** The broker has a queue of ours in another form; nothing was sent or taken, and somebody must decide what to do. */
export class QueueRefusedError extends VoicePocketError {}

/** The index of uuids does not answer; nothing was started, and it may answer later. */
export class IndexUnavailableError extends VoicePocketError {}

/** The records of keys, voices and grants do not answer, or not as they should; nothing was changed. */
export class RecordsUnavailableError extends VoicePocketError {}

/** No request with this uuid was ever accepted, or it has expired. */
export class SpeechNotFoundError extends VoicePocketError {}

/** The request was accepted and its audio is not there yet. */
export class SpeechNotReadyError extends VoicePocketError {}

/** The request ended without audio, or the audio is no longer in the storage; it will not come back. */
export class SpeechGoneError extends VoicePocketError {}

// ---- access

/** The caller is known, and may not do this; nothing was done. */
export class ForbiddenError extends VoicePocketError {}

/** Nobody knows who the caller is, or the credential is not good; nothing was done. */
export class UnauthenticatedError extends VoicePocketError {}

/** More was asked for than the caller's quota has left; nothing was started. */
export class QuotaExceededError extends VoicePocketError {
  readonly retryAfterSeconds: number

  constructor(message: string, { retryAfterSeconds }: { retryAfterSeconds: number }) {
    super(message)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The identity provider gives no answer; nobody was let in, and it may answer later. */
export class IdentityUnavailableError extends VoicePocketError {}

/** No such API key, or none that could be made like this; nothing was changed. */
export class ApiKeyError extends VoicePocketError {}

// ---- speech

/** The text has no letter and no digit, so there is nothing to say; nothing was written. */
export class UnspeakableTextError extends VoicePocketError {}

/** No engine of this name is known, its package is not installed, or it cannot be loaded; nothing was spoken. */
export class EngineMissingError extends VoicePocketError {}

/** What the engine needs does not answer; nothing was written, and another engine, or a later time, may do better. */
export class EngineUnavailableError extends VoicePocketError {
  readonly code = 'ERR_ENGINE_UNAVAILABLE'
}

/** A folder is no model, or a model cannot be got; no other model was touched. */
export class ModelError extends VoicePocketError {}

/** The engine speaks no voice of this name, not this language, or not so fast; nothing was spoken. */
export class InvalidVoiceError extends VoicePocketError {}

/** This file or list is no pronunciation lexicon; the one that was in use stays. */
export class LexiconError extends VoicePocketError {}

/** The SSML is not well-formed, or has what is not spoken here; the message says where. Nothing was started. */
export class MarkupError extends VoicePocketError {}

/** The engine failed on one sentence, which the message names; nothing was written. */
export class SynthesisError extends VoicePocketError {}

/** These bytes are no WAV file, or not of the kind this package reads and writes. */
export class WavError extends VoicePocketError {}

/** Why a recording cannot become a voice, for programs; the message says it for people. */
export type RecordingFault =
  | 'unsupported'
  | 'damaged'
  | 'too_long'
  | 'too_short'
  | 'too_large'
  | 'silent'
  | 'no_speech'
  | 'too_quiet'
  | 'clipped'
  | 'too_noisy'

/** What was sent cannot be used as a recording of a voice; nothing was kept of it. */
export class RecordingError extends VoicePocketError {
  readonly fault: RecordingFault

  constructor(fault: RecordingFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.fault = fault
  }
}

// ---- voices

/** Nobody enrolled a voice for this address. */
export class VoiceNotFoundError extends VoicePocketError {}

/** The voice is not in a state in which this could be done; nothing was changed. */
export class VoiceConflictError extends VoicePocketError {}

/** The owner of the voice did not grant its use to whoever asks; nothing was spoken, and the owner is told. */
export class NoGrantError extends VoicePocketError {}

// ---- storage

/** The storage is not usable, or refused an operation; a key that was being written is as it was before. */
export class StorageError extends VoicePocketError {}

/** The key could lead out of the storage's root; nothing was touched. */
export class StorageKeyError extends StorageError {}

/** Nothing is stored under this key. */
export class StoredObjectNotFoundError extends StorageError {}

/** What is stored as somebody's voice can not be read as one; it was left as it is. */
export class VoiceProfileError extends VoicePocketError {}
