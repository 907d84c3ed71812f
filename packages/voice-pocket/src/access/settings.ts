/** What can be set about access; a part of SETTINGS in config.ts. */
import { HIGHEST_PRIORITY, LOWEST_PRIORITY } from '../priority.ts'
import { choice, integer, name, type Setting } from '../setting.ts'
import { AUTHENTICATION_MODES } from './gate.ts'
import { parseQuotas, printQuotas, QUOTA_RULE, type Quota } from './quota.ts'
import { parseSenders, SENDERS_RULE } from './senders.ts'

const HTTP_URL = /^https?:\/\/\S+$/i
const HTTP_RULE = 'a URL that begins with http: or https:'
/** https://www.rfc-editor.org/rfc/rfc6454#section-6.2 */
const ORIGIN = String.raw`https?:\/\/[^\s\/,]+`
const ORIGINS = new RegExp(String.raw`^(\*|${ORIGIN}(\s*,\s*${ORIGIN})*)$`, 'i')

const quotas: Setting<readonly Quota[]> = {
  env: 'VOICE_POCKET_QUOTAS',
  fallback: () => [],
  fallbackText: '`none`',
  unit: '',
  meaning:
    'How much each user key and each person with a token may ask for, unless the key has quotas of its own. Service ' +
    'keys have only their own.',
  rule: QUOTA_RULE,
  parse: parseQuotas,
  print: printQuotas,
}

const senders: Setting<string> = {
  ...name('VOICE_POCKET_SENDERS', '', /./, {
    meaning:
      'Which users of the broker may send requests for whom, as `user=address,address;user=*`; a `*` in an address ' +
      'stands for any characters. Unset, whoever may write to the input queue may ask for anybody. Only on `amqp:`, ' +
      'where the broker checks the `user_id` of a message.',
    rule: SENDERS_RULE,
  }),
  parse: (text) => (parseSenders(text) === undefined ? undefined : text),
}

export const ACCESS_SETTINGS = {
  authentication: choice('VOICE_POCKET_AUTHENTICATION', 'auto', AUTHENTICATION_MODES, {
    meaning:
      'Whether callers of the HTTP API say who they are. `auto`: from the first API key on, or with an identity ' +
      'provider; until then `HOST` must be loopback. `required`: always. `off`: never, for an API behind a gateway ' +
      'that asks them.',
  }),
  oidcIssuer: name('VOICE_POCKET_OIDC_ISSUER', '', HTTP_URL, {
    meaning: 'Identity provider whose tokens are taken, as it calls itself in their `iss`.',
    rule: HTTP_RULE,
  }),
  oidcAudience: name('VOICE_POCKET_OIDC_AUDIENCE', '', /^\S+$/, {
    meaning: 'What the provider calls this service in the `aud` of its tokens. Needed with an issuer.',
    rule: 'a text without blanks',
  }),
  oidcJwksUrl: name('VOICE_POCKET_OIDC_JWKS_URL', '', HTTP_URL, {
    meaning: 'Where the provider publishes its keys; unset, its discovery document says so.',
    rule: HTTP_RULE,
  }),
  oidcEmailClaim: name('VOICE_POCKET_OIDC_EMAIL_CLAIM', 'email', /^\S+$/, {
    meaning: 'Claim of a token that has the e-mail address its owner acts for.',
    rule: 'a text without blanks',
  }),
  oidcServiceScope: name('VOICE_POCKET_OIDC_SERVICE_SCOPE', '', /^\S+$/, {
    meaning: 'Scope that lets a token act for every e-mail; unset, none does.',
    rule: 'a text without blanks',
  }),
  quotas,
  userPriority: integer(
    'VOICE_POCKET_USER_PRIORITY',
    HIGHEST_PRIORITY,
    { min: LOWEST_PRIORITY, max: HIGHEST_PRIORITY },
    {
      meaning:
        'Highest `priority` that a user key, or a person with a token, may ask for. Keys of a service may ask for any.',
    },
  ),
  corsOrigins: name('VOICE_POCKET_CORS_ORIGINS', '', ORIGINS, {
    meaning:
      'Sites whose pages may call the HTTP API from a browser, separated by commas; `*` for all. Unset, none may.',
    rule: '*, or origins such as https://app.example.com',
  }),
  senders,
} as const
