/** OpenAI's API for speech, thin over the service: docs/openai-api.md says how, and where it differs. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { EngineReport } from '../../engines/probe.ts'
import type { VoiceRegistry } from '../../voices/voice-registry.ts'
import { Catalogue } from './catalogue.ts'
import { addLists } from './lists.ts'
import { readVoiceNames } from './names.ts'
import { addSpeechRoute, type OpenAiSpeechOptions } from './speech.ts'

export { OPENAI_PATHS, openAiAnswers } from './answers.ts'

export interface OpenAiOptions {
  /** The engines of this service, in the order in which they are tried. */
  engines(): Promise<readonly EngineReport[]>
  readonly defaultEmail: string
  /** `alloy=f2,nova=minji@example.com`; empty for none. */
  readonly voiceNames: string
}

export interface OpenAiParts extends Omit<OpenAiSpeechOptions, 'catalogue' | 'defaultEmail'> {
  readonly voices: Pick<VoiceRegistry, 'list'>
}

export function addOpenAiRoutes(
  app: OpenAPIHono,
  { engines, defaultEmail, voiceNames }: OpenAiOptions,
  { voices, ...service }: OpenAiParts,
): void {
  const catalogue = new Catalogue({
    engines,
    voiceNames: readVoiceNames(voiceNames),
    enrolled: () => voices.list(),
  })
  addSpeechRoute(app, { ...service, catalogue, defaultEmail })
  addLists(app, catalogue, defaultEmail)
}
