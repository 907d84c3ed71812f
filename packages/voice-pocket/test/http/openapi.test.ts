import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHttpBench } from './http-bench.ts'

test('/openapi.json describes every route, what it takes and what can go wrong', async (t) => {
  const { app } = await openHttpBench(t)
  const document = (await (await app.request('/openapi.json')).json()) as {
    openapi: string
    security: object
    paths: Record<string, Record<string, { responses: object; security?: object }>>
    components: {
      securitySchemes: object
      schemas: Record<string, { properties: Record<string, object>; required: string[] }>
    }
  }
  assert.equal(document.openapi, '3.1.0')
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  assert.deepEqual(routes.sort(), [
    'DELETE /v1/lexicon',
    'DELETE /v1/speech/{uuid}',
    'DELETE /v1/voices/{email}',
    'DELETE /v1/voices/{email}/grants/{other}',
    'GET /healthz',
    'GET /readyz',
    'GET /v1/audio/voices',
    'GET /v1/engines',
    'GET /v1/lexicon',
    'GET /v1/models',
    'GET /v1/models/{id}',
    'GET /v1/speech/{uuid}',
    'GET /v1/speech/{uuid}/audio',
    'GET /v1/speech/{uuid}/captions',
    'GET /v1/speech/{uuid}/events',
    'GET /v1/voices',
    'GET /v1/voices/{email}',
    'GET /v1/voices/{email}/uses',
    'PATCH /v1/voices/{email}',
    'POST /v1/audio/speech',
    'POST /v1/speech',
    'POST /v1/text',
    'POST /v1/voices',
    'PUT /v1/lexicon',
    'PUT /v1/voices/{email}/grants/{other}',
  ])
  const responses = document.paths['/v1/speech']?.post?.responses ?? {}
  assert.deepEqual(Object.keys(responses), ['200', '202', '400', '403', '409', '413', '415', '422', '503'])
  const { SpeechRequest, Problem } = document.components.schemas
  assert.deepEqual(SpeechRequest?.required, ['text'])
  assert.ok(SpeechRequest?.properties.rate)
  assert.ok(Problem)
  assert.deepEqual(document.security, [{ bearer: [] }, { apiKey: [] }])
  assert.deepEqual(document.paths['/healthz']?.get?.security, [])
  assert.deepEqual(Object.keys(document.components.securitySchemes), ['bearer', 'apiKey'])
})

test('the page at /docs and all it loads come from here', async (t) => {
  const { app } = await openHttpBench(t)
  assert.equal((await app.request('/')).headers.get('location'), '/docs')
  const response = await app.request('/docs')
  assert.match(String(response.headers.get('content-security-policy')), /default-src 'none'/)
  const page = await response.text()
  const loaded = Array.from(page.matchAll(/(?:src|href)="([^"]+)"/g), ([, address]) => String(address))
  assert.equal(loaded.length, 4)
  for (const address of loaded) {
    assert.match(address, /^\/docs\//)
    const asset = await app.request(address)
    assert.equal(asset.status, 200, address)
    assert.ok((await asset.arrayBuffer()).byteLength > 0, address)
  }
})
