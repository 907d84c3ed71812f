import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IdentityTokens } from '../../src/access/identity-tokens.ts'
import { parseQuotas } from '../../src/access/quota.ts'
import { AUDIENCE, startIdentityProvider } from '../access/identity-provider.ts'
import { codeOf, MINHO, MINJI, openClosedBench } from './closed-bench.ts'
import { BODY, openHttpBench, PATH } from './http-bench.ts'

const METRICS = { contentType: 'text/plain', metrics: async () => 'depth 11\n' }

test('who shows nothing is told how, and of no error', async (t) => {
  const { get } = await openClosedBench(t)
  const response = await get(PATH)
  assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="voice-pocket"')
  assert.equal(response.headers.get('content-type'), 'application/problem+json')
  assert.deepEqual(await codeOf(response), [401, 'unauthenticated'])
})

test('who shows something that is no good is told what is wrong with it', async (t) => {
  const { get } = await openClosedBench(t)
  for (const headers of [{ Authorization: 'Bearer vp_x"\\é' }, { 'X-API-Key': 'vp_nothing' }]) {
    const response = await get(PATH, headers)
    assert.match(
      String(response.headers.get('www-authenticate')),
      /^Bearer realm="voice-pocket", error="invalid_token", error_description="[^"\\]+"$/,
    )
    assert.deepEqual(await codeOf(response), [401, 'invalid_token'])
  }
})

test('a key may come as a bearer token or as X-API-Key, also beside what is meant for a gateway', async (t) => {
  const { get, keyOf } = await openClosedBench(t)
  const { 'X-API-Key': key } = await keyOf()
  const good: Readonly<Record<string, string>>[] = [
    { 'X-API-Key': key },
    { Authorization: `Bearer ${key}` },
    { Authorization: `bearer   ${key}` },
    { Authorization: 'Basic Z2F0ZTp3YXk=', 'X-API-Key': key },
    { Authorization: `Bearer ${key}`, 'X-API-Key': key },
  ]
  for (const headers of good) assert.equal((await get(PATH, headers)).status, 404, JSON.stringify(headers))
  const { 'X-API-Key': other } = await keyOf()
  const two = await get(PATH, { Authorization: `Bearer ${key}`, 'X-API-Key': other })
  assert.deepEqual(await codeOf(two), [400, 'invalid_request'])
  assert.equal((await get(PATH, { Authorization: 'Basic Z2F0ZTp3YXk=' })).status, 401)
})

test('a revoked key is refused with the next request', async (t) => {
  const { get, keyOf, keys } = await openClosedBench(t)
  const headers = await keyOf()
  assert.equal((await get(PATH, headers)).status, 404)
  await keys.revoke(headers['X-API-Key'].slice(0, 15))
  assert.deepEqual(await codeOf(await get(PATH, headers)), [401, 'invalid_token'])
})

test('every route that is not public by name wants to know who asks, those that are not there too', async (t) => {
  const { app } = await openClosedBench(t, {}, { metrics: METRICS })
  const { paths } = (await (await app.request('/openapi.json')).json()) as { paths: Record<string, object> }
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path.replace(/\{\w+\}/g, 'x')] as const),
  )
  const closed = routes.filter(([, path]) => !['/healthz', '/readyz'].includes(path))
  assert.ok(closed.length >= 7)
  const absent = ['/nothing', '/v1/', '/docsx', '/docs/../v1/speech', '/healthz/x', '//docs'].map(
    (path) => ['GET', path] as const,
  )
  for (const [method, path] of [...closed, ...absent, ['PUT', '/v1/speech'] as const]) {
    assert.equal((await app.request(path, { method })).status, 401, `${method} ${path}`)
  }
})

test('health, documentation and description are there for everybody', async (t) => {
  const { get } = await openClosedBench(t)
  for (const path of [
    '/healthz',
    '/readyz',
    '/docs',
    '/docs/start.js',
    '/docs/swagger-ui.css',
    '/openapi.json',
  ]) {
    assert.equal((await get(path)).status, 200, path)
  }
  assert.equal((await get('/')).status, 302)
})

test('/readyz tells details to those alone who act for everybody, and answers probes whatever they show', async (t) => {
  const { get, keyOf, checks, records } = await openClosedBench(t)
  checks.push({ name: 'broker', remedy: 'Start it.', run: async () => 'amqp://broker' })
  const details = async (headers?: Record<string, string>) => {
    const { checks: told } = (await (await get('/readyz', headers)).json()) as { checks?: object[] }
    return told?.length
  }
  const service = await keyOf()
  assert.equal(await details(service), 1)
  assert.equal(await details(await keyOf(MINJI)), undefined)
  assert.equal(await details(), undefined)
  assert.equal(await details({ 'X-API-Key': 'vp_nothing' }), undefined)
  await records.close()
  await assert.rejects(records.get('a key'))
  assert.equal((await get('/readyz')).status, 200)
  assert.equal((await get('/healthz', service)).status, 200)
})

test('the numbers are for those who act for everybody', async (t) => {
  const { get, keyOf } = await openClosedBench(t, {}, { metrics: METRICS })
  assert.equal((await get('/metrics', await keyOf())).status, 200)
  assert.deepEqual(await codeOf(await get('/metrics', await keyOf(MINJI))), [403, 'forbidden'])
})

test('a token of the identity provider is as good as a key', async (t) => {
  const provider = await startIdentityProvider(t)
  const options = { issuer: provider.issuer, audience: AUDIENCE, jwksUrl: '', emailClaim: 'email' }
  const tokens = new IdentityTokens({ ...options, serviceScope: '', quotas: [] })
  const { post } = await openClosedBench(t, { more: [tokens] })
  const bearer = async (changes = {}) => ({ Authorization: `Bearer ${await provider.sign(changes)}` })
  assert.equal((await post(BODY, await bearer())).status, 202)
  assert.deepEqual(await codeOf(await post(BODY, await bearer({ email: MINHO }))), [403, 'forbidden'])
  assert.deepEqual(await codeOf(await post(BODY, await bearer({ aud: 'else' }))), [401, 'invalid_token'])
  assert.deepEqual(await codeOf(await post(BODY, await bearer({ email_verified: false }))), [
    403,
    'forbidden',
  ])
})

test('while the identity provider is away the answer is 503, and no 401 that would log people out', async (t) => {
  const provider = await startIdentityProvider(t)
  const options = { issuer: provider.issuer, audience: AUDIENCE, jwksUrl: '', emailClaim: 'email' }
  const tokens = new IdentityTokens({ ...options, serviceScope: '', quotas: [] })
  const { get } = await openClosedBench(t, { more: [tokens] })
  provider.goAway(true)
  const response = await get(PATH, { Authorization: `Bearer ${await provider.sign()}` })
  assert.deepEqual(await codeOf(response), [503, 'unavailable'])
})

test('every answer tells quotas, and one request too many is a 429 that says when to come again', async (t) => {
  const quotas = parseQuotas('requests=2/minute,characters=1000/day') ?? []
  const { get, keyOf } = await openClosedBench(t, { quotas })
  const headers = await keyOf(MINJI)
  const first = await get(PATH, headers)
  assert.equal(
    first.headers.get('ratelimit-policy'),
    '"requests-60";q=2;w=60, "characters-86400";q=1000;qu="characters";w=86400',
  )
  assert.match(String(first.headers.get('ratelimit')), /^"requests-60";r=1;t=\d+$/)
  await get(PATH, headers)
  const third = await get(PATH, headers)
  assert.match(String(third.headers.get('ratelimit')), /^"requests-60";r=0;t=\d+$/)
  const retryAfter = Number(third.headers.get('retry-after'))
  assert.ok(retryAfter > 0 && retryAfter <= 60, String(retryAfter))
  assert.deepEqual(await codeOf(third), [429, 'quota_exceeded'])
  const other = await get(PATH, await keyOf(MINJI))
  assert.equal(other.status, 404, 'another key has quotas of its own')
  const service = await get(PATH, await keyOf())
  assert.equal(service.headers.get('ratelimit-policy'), null, 'a service has none unless told')
  assert.equal((await get('/healthz', headers)).status, 200)
})

test('an open API is for this machine: not for a name that somebody else made lead here', async (t) => {
  const { app } = await openHttpBench(t)
  for (const host of ['localhost:8080', '127.0.0.1', '[::1]:8080', 'app.localhost']) {
    assert.equal((await app.request(`http://${host}${PATH}`)).status, 404, host)
  }
  for (const host of ['evil.example', '192.168.1.2:8080', 'localhost.evil.example']) {
    assert.deepEqual(await codeOf(await app.request(`http://${host}${PATH}`)), [403, 'forbidden'], host)
  }
  assert.equal((await app.request('http://evil.example/healthz')).status, 200)
})

test('an open API does nothing for pages of other sites', async (t) => {
  const { post, app, started } = await openHttpBench(t)
  for (const origin of ['https://evil.example', 'null', 'http://localhost:3000']) {
    assert.deepEqual(await codeOf(await post(BODY, { Origin: origin })), [403, 'forbidden'], origin)
    const cancel = await app.request(PATH, { method: 'DELETE', headers: { Origin: origin } })
    assert.equal(cancel.status, 403)
  }
  assert.equal(started.length, 0)
  assert.equal((await post(BODY, { Origin: 'http://localhost' })).status, 202)
})

test('with a key a name is a name, and a page of another site is no more than any program', async (t) => {
  const { app, keyOf } = await openClosedBench(t)
  const headers = { ...(await keyOf()), Origin: 'https://app.example.com' }
  const url = `https://voice.example.com/v1/speech/${BODY.uuid}`
  assert.equal((await app.request(url, { method: 'DELETE', headers })).status, 404)
})
