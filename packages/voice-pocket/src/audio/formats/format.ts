/** The seam under everything that turns samples into a file of some kind: one driver for each kind of file. */

export const FORMAT_NAMES = ['wav', 'mp3', 'opus', 'flac', 'aac', 'pcm'] as const

export type FormatName = (typeof FORMAT_NAMES)[number]

export interface AudioFormat {
  readonly name: FormatName
  /** As HTTP names it. */
  readonly contentType: string
  /** Of a file's name, without the dot. */
  readonly extension: string
  /** Sample rates it can hold, in Hz, lowest first; empty when it can hold any. */
  readonly sampleRates: readonly number[]
  open(options: WriterOptions): Promise<SoundWriter>
}

export interface WriterOptions {
  /** One of the format's own. */
  readonly sampleRate: number
  /** Bits a second of what is not lossless; the format's own for speech when not given. */
  readonly bitrate?: number
  /**
   * `true` for a listener who hears it while it is made: every write continues the one before, and the file does not
   * say how long it is. Else the writer may come back to what it has written, and the file tells its true length.
   */
  readonly live: boolean
  /** `position` is where in the file. Awaited, so that a slow listener slows the writer down. */
  write(bytes: Uint8Array, position: number): void | Promise<void>
}

/** A file in the making; mono. */
export interface SoundWriter {
  add(samples: Int16Array): Promise<void>
  /** Resolves when all of it is written. */
  finish(): Promise<void>
  /** Instead of `finish`: gives up, and lets go of everything. Twice is fine, also after `finish`. */
  cancel(): Promise<void>
}

/** The lowest rate of the format that loses nothing of the sound, or else its highest. */
export function fittingRate({ sampleRates }: Pick<AudioFormat, 'sampleRates'>, wanted: number): number {
  if (sampleRates.length === 0) return wanted
  return sampleRates.find((rate) => rate >= wanted) ?? Number(sampleRates.at(-1))
}
