import { InvalidVoiceError } from '../exceptions.ts'
import type { VoiceSettings } from '../voices/voice.ts'
import type { Bounds, Engine } from './engine.ts'

/** The settings as this engine can take them, or an InvalidVoiceError that says what it has. */
export function checkSettings(
  { name: engine, capabilities }: Pick<Engine, 'name' | 'capabilities'>,
  settings: VoiceSettings,
): VoiceSettings {
  const { name } = settings
  if (name !== '' && !capabilities.voices.includes(name)) {
    throw new InvalidVoiceError(
      `The engine ${engine} has no voice ${JSON.stringify(name)}; ${oneOf(capabilities.voices)}.`,
    )
  }
  for (const key of ['rate', 'pitch', 'range', 'volume'] as const) {
    checkBounds(engine, key, settings[key], capabilities[key])
  }
  return { ...settings, language: matchLanguage(engine, settings.language, capabilities.languages) }
}

/** As RFC 4647 looks tags up: `ko-KR` is spoken by an engine that has `ko`. */
function matchLanguage(engine: string, tag: string, languages: readonly string[]): string {
  const subtags = tag.toLowerCase().split('-')
  while (subtags.length > 0) {
    const candidate = subtags.join('-')
    if (languages.includes(candidate)) return candidate
    subtags.pop()
  }
  throw new InvalidVoiceError(
    `The engine ${engine} does not speak the language ${JSON.stringify(tag)}; ${oneOf(languages)}.`,
  )
}

function checkBounds(engine: string, name: string, value: number, { min, max }: Bounds): void {
  if (value >= min && value <= max) return
  throw new InvalidVoiceError(
    `The ${name} is ${value}, but the engine ${engine} has ${min} to ${max} (1 is normal).`,
  )
}

function oneOf(names: readonly string[]): string {
  return names.length === 0 ? 'it has none' : `it must be one of ${names.join(', ')}`
}
