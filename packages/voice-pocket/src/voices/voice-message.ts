/** `{"type":"VOICE", …}`: a voice is enrolled by a message. */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import {
  MalformedMessageError,
  type MessageSender,
  RecordingError,
  StorageKeyError,
  StoredObjectNotFoundError,
  VoiceConflictError,
} from '../exceptions.ts'
import type { Accepted, Handler } from '../handlers.ts'
import { checkAddresses, emailField, plainFields, uuidField } from '../messages.ts'
import { folderOf } from '../storage/key.ts'
import type { Storage } from '../storage/storage.ts'
import { RECORDING_LIMITS } from './check-recording.ts'
import { consentSchema } from './consent.ts'
import { nameField, transcriptField } from './enrolled-voice.ts'
import { atMost, IncomingFolder } from './incoming.ts'
import type { SentRecording } from './recording-store.ts'
import type { VoiceService } from './voice-service.ts'

/** In the storage, below the folder of the address, or in the message itself. Never a URL: it would be fetched by us. */
const recordingField = z.union(
  [z.strictObject({ key: z.string().min(1).max(1_000) }), z.strictObject({ data: z.base64().min(1) })],
  { error: 'must have either a key in the storage, or data in base64' },
)

const fields = z
  .object({
    type: z.literal('VOICE'),
    uuid: uuidField,
    email: emailField,
    requestFrom: emailField.optional(),
    requestTo: emailField.optional(),
    recordings: z.array(recordingField).min(1).max(RECORDING_LIMITS.files),
    consent: consentSchema.extend({ at: consentSchema.shape.at.optional() }),
    name: nameField.optional(),
    transcript: transcriptField.optional(),
    keepOriginals: z.boolean().optional(),
  })
  .superRefine(checkAddresses)

export const voiceMessageSchema = z.preprocess(plainFields, fields)

type VoiceMessage = z.output<typeof voiceMessageSchema>
type RecordingField = VoiceMessage['recordings'][number]

/** The verbs the VOICE handler needs. */
export interface VoiceEnroller {
  readonly voices: Pick<VoiceService, 'enrol'>
  readonly storage: Pick<Storage, 'read'>
  /** Whoever sent it hears that it is done; what is refused they hear as of every message. */
  tell(done: { type: string; uuid: string; email: string }): Promise<void>
}

/** Resolves when the voice is enrolled. A message that is delivered again is the same enrolment. */
export function voiceHandler({ voices, storage, tell }: VoiceEnroller): Handler<typeof voiceMessageSchema> {
  const handle = async (message: VoiceMessage): Promise<Accepted> => {
    const { type, uuid, email, name, transcript, keepOriginals, consent } = message
    await using folder = await IncomingFolder.create()
    try {
      const [first, ...more] = await fetchAll(message, storage, folder.path)
      const { created } = await voices.enrol({
        email,
        recordings: [first as SentRecording, ...more],
        consent: { ...consent, at: consent.at ?? new Date().toISOString() },
        enteredBy: 'queue',
        requestId: uuid,
        ...(name !== undefined && { name }),
        ...(transcript !== undefined && { transcript }),
        ...(keepOriginals !== undefined && { keepOriginals }),
      })
      await tell({ type, uuid, email })
      return { uuid, taskId: `voice/${email}`, created }
    } catch (error) {
      throw refused(error, { type, uuid, requestFrom: email, requestTo: email })
    }
  }
  return { schema: voiceMessageSchema, handle }
}

async function fetchAll(
  { email, recordings }: VoiceMessage,
  storage: VoiceEnroller['storage'],
  folder: string,
) {
  const sent: SentRecording[] = []
  for (const [index, recording] of recordings.entries()) {
    const path = join(folder, String(index))
    const content = await open(email, recording, storage)
    await pipeline(
      content,
      atMost(RECORDING_LIMITS.fileBytes),
      createWriteStream(path, { flags: 'wx', mode: 0o600 }),
    )
    sent.push({ path, label: `recordings.${index}` })
  }
  return sent
}

async function open(
  email: string,
  recording: RecordingField,
  storage: VoiceEnroller['storage'],
): Promise<Readable> {
  if ('data' in recording) return Readable.from([Buffer.from(recording.data, 'base64')])
  const { key } = recording
  if (!key.startsWith(folderOf(email))) {
    throw new RecordingError(
      'unsupported',
      `The key ${key} must begin with ${folderOf(email)}: it is somebody else's.`,
    )
  }
  return storage.read(key)
}

/** What is wrong with the message itself; anything else may be well when it is tried again. */
function refused(error: unknown, sender: MessageSender): unknown {
  const options = { cause: error }
  if (error instanceof VoiceConflictError) {
    return new MalformedMessageError('voice_conflict', error.message, sender, options)
  }
  const faults = [RecordingError, StorageKeyError, StoredObjectNotFoundError]
  if (error instanceof Error && faults.some((fault) => error instanceof fault)) {
    return new MalformedMessageError('invalid_recording', error.message, sender, options)
  }
  return error
}
