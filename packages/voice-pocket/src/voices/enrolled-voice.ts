import * as z from 'zod'
import { type SpeechOptions, speechOptions } from '../request-options.ts'
import { consentSchema } from './consent.ts'
import { measuredVoiceSchema } from './measured-voice.ts'

/** Shown in terminals and lists: what would move their cursor, or turn what follows round, is no part of a name. */
export const nameField = z
  .string()
  .trim()
  .max(100)
  .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, { error: 'must have no control characters' })
export const transcriptField = z.string().trim().max(10_000)
/** How the voice speaks unless a request says otherwise. */
export const defaultsField = z.strictObject(speechOptions)

const recordingSchema = z.object({
  id: z.string(),
  seconds: z.number(),
  codec: z.string(),
  bytes: z.number(),
  /** Of what was sent, as it was sent: what the consent is about. */
  sha256: z.string(),
  /** Of the WAV that is kept. */
  storedSha256: z.string(),
})

/**
 * A voice that belongs to somebody, as the records keep it. `enrolling` and `deleting` are there while files are being
 * written or deleted: after a crash in between, they tell which.
 */
export const enrolledVoiceSchema = z.object({
  email: z.string(),
  state: z.enum(['enrolling', 'ready', 'deleting']),
  /** Another one whenever engines would make something else of it. */
  version: z.string(),
  /** By which request it was enrolled. */
  requestId: z.string(),
  name: nameField,
  transcript: transcriptField,
  defaults: defaultsField.transform((options) => options as SpeechOptions),
  consent: consentSchema,
  /** By which key, token or way the consent came in; empty where that was not yet noted. */
  enteredBy: z.string().default(''),
  recordings: z.array(recordingSchema).min(1),
  keepsOriginals: z.boolean(),
  measured: measuredVoiceSchema,
  /** Who else may speak with it. */
  grants: z.array(z.object({ email: z.string(), at: z.string() })),
  createdAt: z.string(),
  updatedAt: z.string(),
})

export type EnrolledVoice = Readonly<z.output<typeof enrolledVoiceSchema>>
export type StoredRecording = Readonly<z.output<typeof recordingSchema>>

export function isGranted(
  { email, grants }: Pick<EnrolledVoice, 'email' | 'grants'>,
  asker: string,
): boolean {
  return asker === email || grants.some((grant) => grant.email === asker)
}
