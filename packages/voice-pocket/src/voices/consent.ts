import * as z from 'zod'

/** What somebody said, in writing or aloud, so that their voice may be kept and used. Without it there is no voice. */
export const consentSchema = z.strictObject({
  statement: z
    .string()
    .trim()
    .min(10, { error: 'must be the words of the consent, at least 10 characters' })
    .max(4_000)
    .meta({
      description: 'The very words.',
      example: 'I allow Voice Pocket to keep my voice and to speak with it.',
    }),
  by: z.string().trim().min(1, { error: 'must say who gave the consent' }).max(254).meta({
    description: 'Who gave it: the person who speaks, or who may decide for them.',
    example: 'Kim Minji',
  }),
  at: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2026-11-22T09:00:00Z' })
    .meta({ description: 'When it was given.', example: '2026-11-22T09:00:00Z' }),
})

export type Consent = Readonly<z.output<typeof consentSchema>>
