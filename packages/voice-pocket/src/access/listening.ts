import type { Logger } from '@voice-pocket/celery'
import { ConfigError } from '../exceptions.ts'
import type { Gate } from './gate.ts'
import { isLoopbackHost } from './loopback.ts'

const REMEDY =
  'Create a key (voice-pocket keys create --service), or set VOICE_POCKET_OIDC_ISSUER; or set ' +
  'VOICE_POCKET_AUTHENTICATION to required, and create keys later, or to off, where a gateway in front asks who callers ' +
  'are; or set HOST to 127.0.0.1.'

/**
 * Before anybody is heard. Says who will be let in.
 * @throws ConfigError for an address that others than this machine can reach, where nobody asks who they are
 */
export async function assertMayListen(host: string, gate: Gate, logger: Logger): Promise<void> {
  if (!(await gate.isOpen())) return logger.info('callers need an API key, or a token')
  if (gate.mode === 'off') {
    return logger.warn('VOICE_POCKET_AUTHENTICATION is off: whoever reaches the API may act for anybody')
  }
  if (!(await isLoopbackHost(host))) {
    throw new ConfigError(`HOST is ${host}, which others can reach, and nothing asks who they are. ${REMEDY}`)
  }
  logger.warn(
    'there are no API keys: every program of this machine may act for anybody, until one is created',
  )
}
