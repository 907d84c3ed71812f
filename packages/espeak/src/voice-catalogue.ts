import type { EspeakVoice } from '@echogarden/espeak-ng-emscripten'
import { UnknownVoiceError } from './exceptions.ts'

/**
 * What eSpeak NG can speak with: a voice file for each language, and variants (timbres) that go with any of them.
 * eSpeak itself keeps the voice before when a language is unknown, ignores an unknown variant, and accepts
 * `mb/*` voices that need a program we do not have; so nothing reaches it that is not in this list.
 */
export class VoiceCatalogue {
  readonly languages: readonly string[]
  readonly variants: readonly string[]
  readonly #identifiers: ReadonlyMap<string, string>

  constructor(voices: readonly EspeakVoice[], variants: readonly string[]) {
    this.#identifiers = bestByLanguage(voices.filter((voice) => !voice.identifier.startsWith('mb/')))
    this.languages = [...this.#identifiers.keys()].sort()
    this.variants = [...variants].sort()
  }

  /** What eSpeak's `set_voice` takes. An empty variant is the language's own timbre. */
  identifier(language: string, variant: string): string {
    const identifier = this.#identifiers.get(language.toLowerCase())
    if (identifier === undefined) {
      throw new UnknownVoiceError(
        `eSpeak NG has no language ${JSON.stringify(language)}; it must be one of ${this.languages.join(', ')}.`,
      )
    }
    if (variant === '') return identifier
    if (!this.variants.includes(variant)) {
      throw new UnknownVoiceError(
        `eSpeak NG has no voice ${JSON.stringify(variant)}; it must be empty or one of ${this.variants.join(', ')}.`,
      )
    }
    return `${identifier}+${variant}`
  }
}

/** Several voices claim `en` or `zh`; the lowest priority number wins, and the first of equals. */
function bestByLanguage(voices: readonly EspeakVoice[]): Map<string, string> {
  const claims = voices.flatMap(({ identifier, languages }) =>
    languages.map(({ name, priority }) => ({ identifier, name: name.toLowerCase(), priority })),
  )
  claims.sort((one, other) => one.priority - other.priority)
  const best = new Map<string, string>()
  for (const { name, identifier } of claims) if (!best.has(name)) best.set(name, identifier)
  return best
}
