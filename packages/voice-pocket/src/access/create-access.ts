import type { Config } from '../config.ts'
import { ConfigError } from '../exceptions.ts'
import type { Records } from '../records.ts'
import { ApiKeys } from './api-keys.ts'
import type { Admission } from './authenticator.ts'
import { Gate } from './gate.ts'
import { IdentityTokens } from './identity-tokens.ts'
import { Meter } from './meter.ts'
import { parseSenders, type SenderRules } from './senders.ts'

export interface Access {
  readonly gate: Gate
  meterOf(admission: Admission): Meter
}

/**
 * What asks callers of the HTTP API who they are, as configured.
 * @throws ConfigError for an identity provider of which it is not said what its tokens call this service
 */
export function createAccess(config: Config, records: Records): Access {
  const keys = new ApiKeys(records, config.quotas)
  const hasIssuer = config.oidcIssuer !== ''
  const gate = new Gate({
    mode: config.authentication,
    authenticators: hasIssuer ? [keys, identityTokens(config)] : [keys],
    isConfigured: async () => hasIssuer || (await keys.exist()),
  })
  return { gate, meterOf: ({ caller, quotas }) => new Meter(records, caller.id, quotas) }
}

/**
 * Who may send messages for whom; `undefined` for everybody.
 * @throws ConfigError where nothing checks what a message says of its sender
 */
export function senderRules({ senders, brokerUrl }: Config): SenderRules | undefined {
  if (senders === '') return undefined
  if (brokerUrl.split(';').every((url) => /^amqps?:/i.test(url))) return parseSenders(senders)
  throw new ConfigError(
    'VOICE_POCKET_SENDERS is set, but of the brokers only RabbitMQ (amqp:) checks who sent a message; ' +
      'unset it, or correct CELERY_BROKER_URL.',
  )
}

function identityTokens(config: Config): IdentityTokens {
  const { oidcIssuer: issuer, oidcAudience: audience, quotas } = config
  if (audience === '') {
    throw new ConfigError(
      `VOICE_POCKET_OIDC_ISSUER is ${issuer} and VOICE_POCKET_OIDC_AUDIENCE is not set, so that tokens for any other ` +
        'program would be good here; set it to what the provider calls this service.',
    )
  }
  const { oidcJwksUrl: jwksUrl, oidcEmailClaim: emailClaim, oidcServiceScope: serviceScope } = config
  return new IdentityTokens({ issuer, audience, jwksUrl, emailClaim, serviceScope, quotas })
}
