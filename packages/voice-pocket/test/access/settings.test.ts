import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig, toEnv } from '../../src/config.ts'
import { ConfigError } from '../../src/exceptions.ts'
import { originRule } from '../../src/http/browsers.ts'

const GOOD = {
  VOICE_POCKET_AUTHENTICATION: 'required',
  VOICE_POCKET_OIDC_ISSUER: 'https://login.example.com/realms/main/',
  VOICE_POCKET_OIDC_AUDIENCE: 'voice-pocket',
  VOICE_POCKET_OIDC_JWKS_URL: 'https://login.example.com/keys',
  VOICE_POCKET_OIDC_EMAIL_CLAIM: 'https://example.com/mail',
  VOICE_POCKET_OIDC_SERVICE_SCOPE: 'voice-pocket.service',
  VOICE_POCKET_QUOTAS: 'requests=60/minute,characters=100000/day',
  VOICE_POCKET_CORS_ORIGINS: 'https://app.example.com, http://localhost:3000',
  VOICE_POCKET_SENDERS: 'erp=*;chat=*@example.com',
}

test('what is set about access reaches child processes as it was', () => {
  const config = loadConfig(GOOD)
  assert.deepEqual(config.quotas[0], { unit: 'requests', limit: 60, windowSeconds: 60 })
  assert.deepEqual(loadConfig(toEnv(config)), config)
  for (const [variable, text] of Object.entries(GOOD)) assert.equal(toEnv(config)[variable], text)
})

test('unless told, a first key decides, no tokens are taken, nobody has quotas, and no other site may call', () => {
  const { authentication, oidcIssuer, oidcServiceScope, quotas, corsOrigins, senders } = loadConfig({})
  assert.equal(authentication, 'auto')
  assert.deepEqual([oidcIssuer, oidcServiceScope, corsOrigins, senders], ['', '', '', ''])
  assert.deepEqual(quotas, [])
})

test('a value that breaks its rule stops the program, by name', () => {
  const wrong = {
    VOICE_POCKET_AUTHENTICATION: 'maybe',
    VOICE_POCKET_OIDC_ISSUER: 'login.example.com',
    VOICE_POCKET_OIDC_JWKS_URL: 'file:///etc/keys',
    VOICE_POCKET_QUOTAS: '60/minute',
    VOICE_POCKET_CORS_ORIGINS: 'https://app.example.com/path',
    VOICE_POCKET_SENDERS: 'erp',
  }
  for (const [variable, text] of Object.entries(wrong)) {
    assert.throws(
      () => loadConfig({ [variable]: text }),
      (error) => error instanceof ConfigError && error.message.startsWith(`${variable} is `),
      variable,
    )
  }
})

test('origins are the ones that are named, or all', () => {
  const allows = originRule(GOOD.VOICE_POCKET_CORS_ORIGINS)
  assert.ok(allows('https://app.example.com') && allows('http://localhost:3000'))
  for (const origin of ['null', '', 'https://example.com', 'http://localhost'])
    assert.equal(allows(origin), false)
  assert.ok(originRule('*')('https://anything.example'))
  assert.equal(originRule('')(''), false, 'nobody, where nobody is named')
})
