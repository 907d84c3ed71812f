import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINJI, openClosedBench } from './closed-bench.ts'
import { BODY, openHttpBench, PATH } from './http-bench.ts'

const APP = 'https://app.example.com'
const PREFLIGHT = {
  'Access-Control-Request-Method': 'POST',
  'Access-Control-Request-Headers': 'x-api-key, x-stainless-os',
}

test('every answer tells browsers what they may not do with it', async (t) => {
  const { app, post } = await openHttpBench(t)
  const answers = [
    await post(BODY),
    await app.request(PATH),
    await app.request('/nothing'),
    await app.request('/docs'),
  ]
  for (const { headers, url } of answers) {
    assert.equal(headers.get('x-content-type-options'), 'nosniff', url)
    assert.equal(headers.get('x-frame-options'), 'DENY')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin')
    assert.match(String(headers.get('content-security-policy')), /default-src 'none'/)
  }
  assert.match(String(answers[3]?.headers.get('content-security-policy')), /script-src 'self'/)
})

test('nothing of anybody is kept by caches that many share', async (t) => {
  const { app, post, worker } = await openHttpBench(t)
  const cacheControl = (response: Response) => String(response.headers.get('cache-control'))
  assert.match(cacheControl(await post(BODY)), /no-store/)
  await worker.succeed(Buffer.from('RIFF'))
  assert.match(cacheControl(await app.request(`${PATH}/audio`)), /private/)
  assert.match(cacheControl(await app.request(PATH)), /no-store/)
})

test('pages of other sites may not call unless they are named', async (t) => {
  const { app } = await openHttpBench(t)
  const preflight = await app.request('/v1/speech', {
    method: 'OPTIONS',
    headers: { Origin: APP, ...PREFLIGHT },
  })
  assert.equal(preflight.headers.get('access-control-allow-origin'), null)
  const read = await app.request(PATH, { headers: { Origin: APP } })
  assert.equal(read.headers.get('access-control-allow-origin'), null)
})

test('pages of a named site may, with a key, and are told what they need', async (t) => {
  const { app, post, keyOf } = await openClosedBench(t, {}, { corsOrigins: `https://other.example, ${APP}` })
  const preflight = await app.request('/v1/speech', {
    method: 'OPTIONS',
    headers: { Origin: APP, ...PREFLIGHT },
  })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), APP)
  assert.match(String(preflight.headers.get('access-control-allow-headers')), /^x-api-key, ?x-stainless-os$/)
  assert.equal(preflight.headers.get('access-control-allow-credentials'), null)
  const answer = await post(BODY, { Origin: APP, ...(await keyOf(MINJI)) })
  assert.equal(answer.status, 202)
  assert.equal(answer.headers.get('access-control-allow-origin'), APP)
  assert.match(
    String(answer.headers.get('access-control-expose-headers')),
    /Location.*RateLimit.*Retry-After/,
  )
  assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin')
  assert.match(String(answer.headers.get('vary')), /Origin/i)
  const refused = await post(BODY, { Origin: APP })
  assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [401, APP])
})

test('others may not, whatever they are called', async (t) => {
  const { app } = await openClosedBench(t, {}, { corsOrigins: APP })
  for (const origin of [
    'https://evil.example',
    'null',
    `${APP}.evil.example`,
    'http://app.example.com',
    `${APP}:8443`,
  ]) {
    const answer = await app.request(PATH, { headers: { Origin: origin } })
    assert.equal(answer.headers.get('access-control-allow-origin'), null, origin)
  }
})

test('a named site may use an open API of its own machine', async (t) => {
  const { post } = await openHttpBench(t, { corsOrigins: 'http://localhost:3000' })
  assert.equal((await post(BODY, { Origin: 'http://localhost:3000' })).status, 202)
  assert.equal((await post(BODY, { Origin: 'http://localhost:3001' })).status, 403)
})
