import * as z from 'zod'

/** What can be measured of how somebody speaks. It tells voices apart as a register does; it is no likeness. */
export const measuredVoiceSchema = z.object({
  /** In Hz, the median. */
  pitch: z.number().positive(),
  /** Between the lowest and the highest tenth, in semitones. */
  spread: z.number().min(0),
  /** A second, pauses left out. */
  syllables: z.number().min(0),
  /** How long somebody speaks in what was measured. */
  seconds: z.number().positive(),
})

export type MeasuredVoice = Readonly<z.output<typeof measuredVoiceSchema>>

/** Of several recordings of one person: each counts as long as somebody speaks in it. */
export function averaged(voices: readonly [MeasuredVoice, ...MeasuredVoice[]]): MeasuredVoice {
  const seconds = voices.reduce((sum, voice) => sum + voice.seconds, 0)
  const mean = (read: (voice: MeasuredVoice) => number) =>
    voices.reduce((sum, voice) => sum + read(voice) * voice.seconds, 0) / seconds
  return {
    pitch: 2 ** mean(({ pitch }) => Math.log2(pitch)), // an octave is as far up as down
    spread: mean(({ spread }) => spread),
    syllables: mean(({ syllables }) => syllables),
    seconds,
  }
}
