import type { TestContext } from 'node:test'
import type { Check } from '../../src/check.ts'
import type { EngineReport } from '../../src/engines/probe.ts'
import type { OpenAiOptions } from '../../src/http/openai/index.ts'
import { createHttpApp, type HttpAppOptions } from '../../src/http/server.ts'
import { Lexicons } from '../../src/text/lexicons.ts'
import { silentLogger } from '../silent-logger.ts'
import { EMAIL, openSpeechBench, UUID } from '../speech-bench.ts'
import { openAccess, recordsOf } from './access-options.ts'
import { openVoices } from './voice-options.ts'

export const PATH = `/v1/speech/${UUID}`
export const BODY = { uuid: UUID, email: EMAIL, text: 'Hello. World.' }

export const DEFAULT_EMAIL = 'openai@voice-pocket.invalid'
const SLOW = { min: 0.5, max: 2 }
const FULL = { min: 0, max: 2 }
/** As a probe tells of it. */
export const ENGINE: EngineReport = {
  name: 'espeak',
  available: true,
  sampleRate: 22_050,
  capabilities: {
    languages: ['en', 'ko'],
    voices: ['f1', 'f2', 'm1'],
    rate: SLOW,
    pitch: FULL,
    range: FULL,
    volume: FULL,
  },
}

export const OPEN_AI: OpenAiOptions = {
  engines: async () => [ENGINE],
  defaultEmail: DEFAULT_EMAIL,
  voiceNames: '',
}

type Changes = Partial<HttpAppOptions>
type SpeechBench = Awaited<ReturnType<typeof openSpeechBench>>

/** What the API is made of, over the bench. */
export function httpOptions(bench: SpeechBench) {
  return {
    ...openAccess(bench),
    ...openVoices(bench),
    lexicons: new Lexicons(recordsOf(bench)),
    checks: [] as readonly Check[],
    engines: async () => [],
    logger: silentLogger,
    version: '0.0.0',
    maxTextLength: 1_000,
    maxBodyBytes: 20_000,
    publicUrl: '',
    openAi: OPEN_AI,
  }
}

/** The API without a socket, over the real service. */
export async function openHttpBench(
  t: TestContext,
  changes: Changes | ((bench: SpeechBench) => Changes) = {},
) {
  const bench = await openSpeechBench(t)
  const stopping = new AbortController()
  const checks: Check[] = []
  const app = createHttpApp({
    ...httpOptions(bench),
    checks,
    stopping: stopping.signal,
    ...(typeof changes === 'function' ? changes(bench) : changes),
  })
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    app.request('/v1/speech', {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', ...headers },
    })
  return { ...bench, app, post, checks, stopping }
}

/** The events of a stream, parsed, one at a time. */
export async function* readEvents(response: Response): AsyncGenerator<Record<string, string>> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      yield Object.fromEntries(
        block.split('\n').map((line) => [line.split(':', 1)[0], line.replace(/^\w*: ?/, '')]),
      )
    }
  }
}
