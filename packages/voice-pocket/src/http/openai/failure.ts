import { SpeechGoneError } from '../../exceptions.ts'
import type { SpeechStatus } from '../../speech/speech-status.ts'
import { HttpProblem } from '../errors.ts'

interface Statuses {
  status(uuid: string): Promise<SpeechStatus>
}

/** What the task ended with that another request may mend, and the field that may be at fault. */
const MENDABLE: Readonly<Record<string, string>> = {
  InvalidVoiceError: 'voice',
  UnspeakableTextError: 'input',
  InvalidRequestError: '',
}
const AWAY = ['EngineUnavailableError', 'EngineMissingError']

/** OpenAI's clients send again what failed with 500; what failed here was tried several times already. */
const NOT_AGAIN = { 'x-should-retry': 'false' }

/** Why there is nothing, or nothing more, to hear. */
export async function whySilent(service: Statuses, uuid: string, error: unknown): Promise<HttpProblem> {
  if (!(error instanceof SpeechGoneError)) {
    return new HttpProblem(500, 'internal_error', `The speech ${uuid} broke off.`)
  }
  const { state, error: cause } = await service.status(uuid)
  if (state === 'REVOKED') {
    return new HttpProblem(500, 'cancelled', `The speech ${uuid} was cancelled.`, { headers: NOT_AGAIN })
  }
  const detail = cause?.detail ?? error.message
  const param = MENDABLE[cause?.title ?? '']
  if (param !== undefined) {
    return new HttpProblem(400, 'invalid_value', detail, { errors: [{ pointer: `/${param}`, detail }] })
  }
  if (cause?.title === 'NoGrantError') return new HttpProblem(403, 'no_grant', detail)
  if (AWAY.includes(cause?.title ?? '')) {
    return new HttpProblem(503, 'unavailable', detail, { headers: { 'Retry-After': '5' } })
  }
  return new HttpProblem(500, 'speech_failed', detail, { headers: NOT_AGAIN })
}
