/** How voices look over HTTP. */
import { z } from '@hono/zod-openapi'
import type { EnrolledVoice } from '../../voices/enrolled-voice.ts'

/** Said with every voice, so that nobody can take the one for the other. */
export const LIKENESS_NOTE =
  'An engine that clones speaks with the recordings. The embedded engine (espeak) takes only register, melody and pace from ' +
  'them: that is not a likeness of this person.'

export const voiceSchema = z
  .object({
    email: z.string(),
    name: z.string(),
    transcript: z
      .string()
      .meta({ description: 'What is said in the recordings; empty when nobody wrote it down.' }),
    defaults: z.looseObject({}).meta({ description: 'How it speaks unless a request says otherwise.' }),
    consent: z.object({
      statement: z.string(),
      by: z.string(),
      at: z.string(),
      entered_by: z.string().meta({
        description: 'By which API key or token it came in, or `queue`, or `command line`.',
        example: 'vp_k3s9x1v7q2ab',
      }),
    }),
    recordings: z.array(
      z.object({
        id: z.string(),
        seconds: z.number(),
        codec: z.string().meta({ description: 'Of what was sent; kept is mono WAV, 24 kHz, 16 bits.' }),
        sha256: z.string().meta({ description: 'Of what was sent.' }),
      }),
    ),
    keeps_originals: z.boolean(),
    measured: z.object({
      pitch_hz: z.number(),
      spread_semitones: z.number(),
      syllables_per_second: z.number(),
      seconds: z.number().meta({ description: 'Of speech, pauses left out.' }),
    }),
    grants: z.array(z.object({ email: z.string(), at: z.string() })),
    likeness: z.string().meta({ description: 'Whether it sounds like this person.' }),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('Voice')

export const usesSchema = z
  .object({
    uses: z.array(z.object({ at: z.string(), uuid: z.string(), by: z.string() })),
    refusals: z.array(z.object({ at: z.string(), uuid: z.string(), by: z.string() })),
  })
  .openapi('VoiceUses')

export const deletedSchema = z
  .object({
    email: z.string(),
    recordings: z.int().meta({ description: 'How many were deleted.' }),
    speech: z.array(z.string()).meta({
      description: 'The newest speech that was made with the voice, by uuid: it stays in the storage.',
    }),
  })
  .openapi('DeletedVoice')

export function voiceJson(voice: EnrolledVoice): z.output<typeof voiceSchema> {
  const { email, name, transcript, defaults, consent, recordings, grants, measured } = voice
  return {
    email,
    name,
    transcript,
    defaults: { ...defaults },
    consent: { ...consent, entered_by: voice.enteredBy },
    recordings: recordings.map(({ id, seconds, codec, sha256 }) => ({
      id,
      seconds: rounded(seconds),
      codec,
      sha256,
    })),
    keeps_originals: voice.keepsOriginals,
    measured: {
      pitch_hz: rounded(measured.pitch),
      spread_semitones: rounded(measured.spread),
      syllables_per_second: rounded(measured.syllables),
      seconds: rounded(measured.seconds),
    },
    grants,
    likeness: LIKENESS_NOTE,
    created_at: voice.createdAt,
    updated_at: voice.updatedAt,
  }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
