/** The form by which a voice is enrolled. */
import { z } from '@hono/zod-openapi'
import { emailField } from '../../messages.ts'
import { consentSchema } from '../../voices/consent.ts'
import { nameField, transcriptField } from '../../voices/enrolled-voice.ts'
import type { Enrolment } from '../../voices/voice-service.ts'
import { HttpProblem, refuseInvalid } from '../errors.ts'
import type { Upload } from '../upload.ts'

const { statement, by, at } = consentSchema.shape

const fields = {
  email: emailField,
  name: nameField.optional().meta({ description: 'For people.' }),
  transcript: transcriptField.optional().meta({ description: 'What is said in the recordings.' }),
  consent: statement,
  consent_by: by,
  consent_at: at.optional().meta({ description: 'When it was given; now unless told.' }),
  keep_originals: z.enum(['true', 'false']).optional().meta({
    description: 'Whether what was sent is kept besides the WAV that is made of it.',
  }),
}

const fieldsSchema = z.strictObject(fields)

export const enrolmentForm = z
  .object({
    recording: z
      .array(z.string().openapi({ format: 'binary' }))
      .meta({ description: 'One file or more, each under this name.' }),
    ...fields,
  })
  .openapi('Enrolment')

/** @throws HttpProblem says which field is missing or wrong */
export function readEnrolment({
  files,
  fields,
}: Pick<Upload, 'files' | 'fields'>): Omit<Enrolment, 'enteredBy'> {
  const parsed = fieldsSchema.safeParse({ ...fields })
  refuseInvalid({ ...parsed, target: 'form' }, Object.keys(enrolmentForm.shape))
  const other = files.find(({ field }) => field !== 'recording')
  const [first, ...more] = files
  if (other !== undefined)
    throw invalidRecording(`/${other.field}`, 'is not a field for a file; send recording')
  if (first === undefined) throw invalidRecording('/recording', 'is required: at least one file')
  const { email, name, transcript, consent, consent_by, consent_at, keep_originals } = parsed.data as Fields
  return {
    email,
    recordings: [first, ...more],
    consent: { statement: consent, by: consent_by, at: consent_at ?? new Date().toISOString() },
    keepOriginals: keep_originals === 'true',
    ...(name !== undefined && { name }),
    ...(transcript !== undefined && { transcript }),
  }
}

type Fields = z.output<typeof fieldsSchema>

function invalidRecording(pointer: string, detail: string): HttpProblem {
  return new HttpProblem(422, 'invalid_request', `${pointer} ${detail}.`, { errors: [{ pointer, detail }] })
}
