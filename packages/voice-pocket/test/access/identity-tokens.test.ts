import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type CryptoKey, exportSPKI, importJWK, UnsecuredJWT } from 'jose'
import { type IdentityTokenOptions, IdentityTokens } from '../../src/access/identity-tokens.ts'
import type { Quota } from '../../src/access/quota.ts'
import { ForbiddenError, IdentityUnavailableError, UnauthenticatedError } from '../../src/exceptions.ts'
import { AUDIENCE, startIdentityProvider } from './identity-provider.ts'

const QUOTA: Quota = { unit: 'requests', limit: 5, windowSeconds: 60 }

async function open(t: TestContext, changes: Partial<IdentityTokenOptions> = {}) {
  const provider = await startIdentityProvider(t)
  const tokens = new IdentityTokens({
    issuer: provider.issuer,
    audience: AUDIENCE,
    jwksUrl: '',
    emailClaim: 'email',
    serviceScope: '',
    quotas: [QUOTA],
    ...changes,
  })
  return { provider, tokens }
}

const refuses = (
  tokens: IdentityTokens,
  token: string,
  why: RegExp,
  kind: new (message: string) => Error = UnauthenticatedError,
) =>
  assert.rejects(tokens.authenticate(token), (error: Error) => {
    assert.ok(error instanceof kind, String(error))
    assert.match(error.message, why)
    return true
  })

test('a good token acts for the e-mail it names, within the default quotas', async (t) => {
  const { provider, tokens } = await open(t)
  const admission = await tokens.authenticate(await provider.sign())
  assert.deepEqual(admission, {
    caller: { kind: 'token', id: `token person-1 of ${provider.issuer}`, emails: ['minji@example.com'] },
    quotas: [QUOTA],
  })
})

test('the keys are found by discovery, asked for once, or taken from where the setting says', async (t) => {
  const { provider, tokens } = await open(t)
  for (let i = 0; i < 3; i++) await tokens.authenticate(await provider.sign())
  assert.deepEqual(provider.asked, ['/.well-known/openid-configuration', '/keys'])
  const told = await open(t, { issuer: provider.issuer, jwksUrl: `${provider.issuer}/keys` })
  assert.ok(await told.tokens.authenticate(await provider.sign()))
  assert.equal(provider.asked.at(-1), '/keys')
  assert.equal(provider.asked.length, 3)
})

for (const alg of ['ES256', 'PS256', 'EdDSA']) {
  test(`a signature may be made with ${alg}`, async (t) => {
    const { provider, tokens } = await open(t)
    const key = await provider.newKey(alg)
    assert.ok(await tokens.authenticate(await provider.sign({}, key)))
  })
}

test('a token is refused for its issuer, audience, or times, and told why', async (t) => {
  const { provider, tokens } = await open(t)
  const now = Math.floor(Date.now() / 1000)
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ iss: 'https://elsewhere.example' }, /"iss"/],
    [{ aud: 'another-program' }, /"aud"/],
    [{ exp: now - 120 }, /"exp"/],
    [{ exp: undefined }, /"exp"/],
    [{ nbf: now + 120 }, /"nbf"/],
    [{ sub: undefined }, /"sub"/],
  ]
  for (const [changes, why] of wrong) await refuses(tokens, await provider.sign(changes), why)
})

test('clocks may differ by a minute', async (t) => {
  const { provider, tokens } = await open(t)
  const now = Math.floor(Date.now() / 1000)
  assert.ok(await tokens.authenticate(await provider.sign({ exp: now - 45 })))
  assert.ok(await tokens.authenticate(await provider.sign({ nbf: now + 45 })))
})

test('a token without signature, or signed with a shared secret, is refused', async (t) => {
  const { provider, tokens } = await open(t)
  const { issuer } = provider
  const now = Math.floor(Date.now() / 1000)
  const claims = { sub: 'eve', email: 'minji@example.com', exp: now + 300, iss: issuer, aud: AUDIENCE }
  await refuses(tokens, new UnsecuredJWT(claims).encode(), /alg|signature/i)
  // The provider's public key, taken for a shared secret.
  const { jwk, kid } = provider.firstKey
  const publicKey = (await importJWK(jwk, 'RS256', { extractable: true })) as CryptoKey
  const secret = new TextEncoder().encode(await exportSPKI(publicKey))
  await refuses(tokens, await provider.sign({}, { kid, alg: 'HS256', privateKey: secret }), /alg/i)
})

test('a signature of somebody else is refused, also under the name of a published key', async (t) => {
  const { provider, tokens } = await open(t)
  const forged = await provider.newKey('RS256', { publish: false })
  await refuses(tokens, await provider.sign({}, forged), /no applicable key/i)
  await refuses(tokens, await provider.sign({}, { ...forged, kid: provider.firstKey.kid }), /signature/)
  const [head, , signature] = (await provider.sign()).split('.')
  const [, body] = (await provider.sign({ email: 'minho@example.com' })).split('.')
  await refuses(tokens, `${head}.${body}.${signature}`, /signature/)
})

test('a rotated key is found without a restart, and one that was taken back is not believed', async (t) => {
  const { provider, tokens } = await open(t, { keysCooldownMs: 0 })
  const before = await provider.sign()
  assert.ok(await tokens.authenticate(before))
  provider.published.length = 0
  const after = await provider.sign({}, await provider.newKey())
  assert.ok(await tokens.authenticate(after))
  await refuses(tokens, before, /no applicable key/i)
})

test('forged tokens do not make us ask for the keys again and again', async (t) => {
  const { provider, tokens } = await open(t)
  assert.ok(await tokens.authenticate(await provider.sign()))
  const forged = await provider.newKey('RS256', { publish: false })
  for (let i = 0; i < 3; i++) await refuses(tokens, await provider.sign({}, forged), /no applicable key/i)
  assert.equal(provider.asked.filter((path) => path === '/keys').length, 1)
})

test('while the provider is away nobody is let in and nobody is called a liar; afterwards it goes on', async (t) => {
  const { provider, tokens } = await open(t)
  const token = await provider.sign()
  provider.goAway(true)
  await refuses(tokens, token, /does not tell where the keys are.*503/, IdentityUnavailableError)
  provider.goAway(false)
  assert.ok(await tokens.authenticate(token))
  const told = await open(t, { issuer: provider.issuer, jwksUrl: `${provider.issuer}/keys` })
  provider.goAway(true)
  await refuses(told.tokens, token, /keys of .* cannot be had/, IdentityUnavailableError)
})

test('a discovery document of another issuer is not believed', async (t) => {
  const { provider } = await open(t)
  const issuer = `${provider.issuer}/tenant`
  const { tokens } = await open(t, { issuer })
  const token = await provider.sign({ iss: issuer })
  await refuses(tokens, token, /says that its issuer is/, IdentityUnavailableError)
})

test('an e-mail that is not verified, or none at all, lets nobody act', async (t) => {
  const { provider, tokens } = await open(t)
  for (const verified of [false, 'false', 0]) {
    const token = await provider.sign({ email_verified: verified })
    await refuses(tokens, token, /has not verified that minji@example.com/, ForbiddenError)
  }
  const typed = await tokens.authenticate(await provider.sign({ email: 'Minji@Example.COM' }))
  assert.deepEqual(typed?.caller.emails, ['Minji@example.com'])
  for (const email of [undefined, '', 'minji', 7, ['minji@example.com']]) {
    await refuses(
      tokens,
      await provider.sign({ email }),
      /no e-mail address in its claim email/,
      ForbiddenError,
    )
  }
  for (const verified of [true, 'true']) {
    assert.ok(await tokens.authenticate(await provider.sign({ email_verified: verified })))
  }
})

test('the e-mail may be in another claim', async (t) => {
  const { provider, tokens } = await open(t, { emailClaim: 'https://example.com/mail' })
  const token = await provider.sign({ 'https://example.com/mail': 'minho@example.com' })
  assert.deepEqual((await tokens.authenticate(token))?.caller.emails, ['minho@example.com'])
})

test('with the scope of services a token acts for everybody, without quotas', async (t) => {
  const { provider, tokens } = await open(t, { serviceScope: 'speak' })
  const scopes = [{ scope: 'openid speak' }, { scp: ['speak'] }, { scp: 'speak' }]
  for (const scope of scopes) {
    const token = await provider.sign({ ...scope, email: undefined })
    const admission = await tokens.authenticate(token)
    assert.deepEqual([admission?.caller.emails, admission?.quotas], ['any', []])
  }
  const others = [{ scope: 'speaker' }, { scope: 'openid' }, { scp: ['Speak'] }]
  for (const scope of others) {
    assert.deepEqual((await tokens.authenticate(await provider.sign(scope)))?.caller.emails, [
      'minji@example.com',
    ])
  }
})

test('without the setting no scope makes a token that of a service', async (t) => {
  const { provider, tokens } = await open(t)
  for (const scope of ['', ' ', 'undefined']) {
    assert.deepEqual((await tokens.authenticate(await provider.sign({ scope })))?.caller.emails, [
      'minji@example.com',
    ])
  }
})

test('what is no token at all is for somebody else to look at', async (t) => {
  const { tokens } = await open(t)
  for (const other of ['vp_key', 'sk-something', 'a.b.c', ''])
    assert.equal(await tokens.authenticate(other), undefined)
})
