import type { AudioFormat, FormatName } from './format.ts'

export { type AudioFormat, FORMAT_NAMES, type FormatName, fittingRate } from './format.ts'

/** Encoders are some megabytes of WebAssembly, loaded when somebody wants one. */
const FORMATS: Readonly<Record<FormatName, () => Promise<AudioFormat>>> = {
  wav: async () => (await import('./plain.ts')).wav,
  pcm: async () => (await import('./plain.ts')).pcm,
  mp3: async () => (await import('./compressed.ts')).mp3,
  opus: async () => (await import('./compressed.ts')).opus,
  flac: async () => (await import('./compressed.ts')).flac,
  aac: async () => (await import('./compressed.ts')).aac,
}

export function audioFormat(name: FormatName): Promise<AudioFormat> {
  return FORMATS[name]()
}
