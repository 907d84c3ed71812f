/** Sound that says nothing, and by which a test can tell what was asked for: how long the text, how fast, whose voice. */
import { toBytes } from '../../src/audio/pcm.ts'
import { wavHeader } from '../../src/audio/wav.ts'

export const RATE = 16_000
const MS_PER_CHARACTER = 120

export interface Asked {
  readonly text: string
  readonly speed: number
  readonly voice: string
}

/** 120 ms for each letter and digit, in a tone of the voice's own. */
export function toneFor({ text, speed, voice }: Asked, sampleRate = RATE): Int16Array {
  const characters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0
  const samples = new Int16Array(Math.round((characters * MS_PER_CHARACTER * sampleRate) / 1000 / speed))
  const pitch = 200 + 20 * (Buffer.from(voice).reduce((sum, byte) => sum + byte, 0) % 20)
  return samples.map((_, index) => Math.round(10_000 * Math.sin((2 * Math.PI * pitch * index) / sampleRate)))
}

export function wavOf(samples: Int16Array, sampleRate = RATE): Buffer {
  const bytes = toBytes(samples)
  return Buffer.concat([wavHeader(sampleRate, bytes.length), bytes])
}
