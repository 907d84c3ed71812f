import * as z from 'zod'

/**
 * How somebody sounds, whatever is being said: the part of a voice that is kept for a person.
 * The numbers are relative to the speaker's own normal, as in the Web Speech API, so that they mean the
 * same with every engine.
 */
export interface Voice {
  /** The engine's name for the speaker; empty for the engine's own choice. */
  readonly name: string
  /** 1 is normal, 2 twice as fast. */
  readonly rate: number
  /** 1 is normal, 0 the lowest and 2 the highest the engine has. */
  readonly pitch: number
  /** How much the melody moves: 1 is normal, 0 monotone, 2 the liveliest. */
  readonly range: number
  /** 1 is the engine's full, undistorted loudness, 0 silence. */
  readonly volume: number
  /** The engine it was made with, which is asked first. */
  readonly engine?: string | undefined
  /** How it is to speak, in words. Only engines whose capabilities say so are given any. */
  readonly instructions?: string
}

/** A voice about to say something in one language: what an engine is given. */
export interface VoiceSettings extends Voice {
  /** BCP 47 in lower case, such as `ko`, `en` or `en-gb`. */
  readonly language: string
}

export const DEFAULT_VOICE: Voice = Object.freeze({ name: '', rate: 1, pitch: 1, range: 1, volume: 1 })

export const voiceSchema = z.strictObject({
  name: z.string().max(100),
  rate: z.number().positive().max(10),
  pitch: z.number().min(0).max(2),
  range: z.number().min(0).max(2),
  volume: z.number().min(0).max(1),
  engine: z.string().max(100).optional(),
})
