import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BackendError } from '@voice-pocket/celery'
import { OperationalError } from '@voice-pocket/kombu'
import {
  IdentityUnavailableError,
  IndexUnavailableError,
  MalformedMessageError,
  QueueRefusedError,
  RecordsUnavailableError,
} from '../../src/exceptions.ts'
import { silentLogger } from '../silent-logger.ts'
import { EMAIL, UUID } from '../speech-bench.ts'
import { BODY, openHttpBench, PATH } from './http-bench.ts'

interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
  readonly id?: string
}

async function problemOf(response: Response): Promise<Problem> {
  assert.equal(response.headers.get('content-type'), 'application/problem+json')
  const problem = (await response.json()) as Problem
  assert.equal(problem.type, 'about:blank')
  assert.equal(problem.status, response.status)
  return problem
}

test('bytes that are no UTF-8 are refused, and no replacement character is spoken', async (t) => {
  const { app, started } = await openHttpBench(t)
  for (const [path, body] of [
    ['/v1/speech', BODY],
    ['/v1/text', { text: 'Hello.' }],
  ] as const) {
    const response = await app.request(path, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(JSON.stringify({ ...body, text: 'Grüße' }), 'latin1')),
      headers: { 'Content-Type': 'application/json' },
    })
    assert.equal(response.status, 400)
    assert.equal((await problemOf(response)).code, 'wrong_encoding')
  }
  assert.deepEqual(started, [])
})

const INVALID: readonly (readonly [what: string, change: object, pointer: string, detail: RegExp])[] = [
  ['no text', { text: undefined }, '/text', /./],
  ['no address', { email: undefined }, '/email', /is required/],
  ['only requestFrom', { email: undefined, requestFrom: EMAIL }, '/requestTo', /is required/],
  ['a bad email', { email: 'minji' }, '/email', /such as minji@example\.com/],
  ['a bad uuid', { uuid: 'abc' }, '/uuid', /8-4-4-4-12/],
  ['blanks', { text: ' \n' }, '/text', /only blanks/],
  ['a text that is too long', { text: 'a'.repeat(1_001) }, '/text', /at most 1000 characters, and has 1001/],
  ['a rate out of bounds', { rate: 9 }, '/rate', /from 0\.25 to 4/],
  ['another type', { type: 'TTS' }, '/type', /./],
  ['a mistyped field', { raet: 1 }, '/raet', /did you mean rate\?/],
]
for (const [what, change, pointer, detail] of INVALID) {
  test(`${what} is 422 at ${pointer}`, async (t) => {
    const { post, started } = await openHttpBench(t)
    const response = await post({ ...BODY, ...change })
    assert.equal(response.status, 422)
    const { code, errors } = await problemOf(response)
    assert.equal(code, 'invalid_request')
    assert.equal(errors?.[0]?.pointer, pointer)
    assert.match(String(errors?.[0]?.detail), detail)
    assert.equal(started.length, 0)
  })
}

test('what is not JSON is 400', async (t) => {
  const { post } = await openHttpBench(t)
  const response = await post('{"email":')
  assert.equal(response.status, 400)
  assert.equal((await problemOf(response)).code, 'not_json')
})

test('JSON that is no object is 422, and the pointer is that of the whole body', async (t) => {
  const { post } = await openHttpBench(t)
  const response = await post('[1]')
  assert.equal(response.status, 422)
  const { detail, errors } = await problemOf(response)
  assert.equal(errors?.[0]?.pointer, '')
  assert.match(detail, /^The body /)
})

for (const contentType of ['text/plain', 'application/x-www-form-urlencoded', '']) {
  test(`a body of type ${JSON.stringify(contentType)} is 415`, async (t) => {
    const { post } = await openHttpBench(t)
    const response = await post(BODY, { 'Content-Type': contentType })
    assert.equal(response.status, 415)
    assert.match((await problemOf(response)).detail, /send application\/json/)
  })
}

test('a body that is too large is 413', async (t) => {
  const { post } = await openHttpBench(t)
  const response = await post({ ...BODY, text: 'a'.repeat(20_000) })
  assert.equal(response.status, 413)
  assert.match((await problemOf(response)).detail, /more than 20000 bytes/)
})

for (const path of [PATH, `${PATH}/events`, `${PATH}/audio`, '/v1/speech/not-a-uuid', '/v1/speach']) {
  test(`GET ${path} of nobody's is 404`, async (t) => {
    const { app } = await openHttpBench(t)
    const response = await app.request(path)
    assert.equal(response.status, 404)
    assert.equal((await problemOf(response)).code, 'not_found')
  })
}

test('DELETE of an unknown uuid is 404', async (t) => {
  const { app } = await openHttpBench(t)
  assert.equal((await problemOf(await app.request(PATH, { method: 'DELETE' }))).status, 404)
})

test('a method that is not possible is 405, and says which are', async (t) => {
  const { app } = await openHttpBench(t)
  const response = await app.request(PATH, { method: 'PUT' })
  assert.equal(response.status, 405)
  assert.deepEqual(response.headers.get('allow')?.split(', ').sort(), ['DELETE', 'GET', 'HEAD'])
  await problemOf(response)
})

test('a field that is not there is required, and one of another type says which it must be', async (t) => {
  const { post } = await openHttpBench(t)
  const details = async (body: unknown) => (await problemOf(await post(body))).detail
  assert.equal(await details({ email: EMAIL }), '/text is required.')
  assert.equal(
    await details({ email: EMAIL, text: 5 }),
    '/text must be of the type string, and is of the type number.',
  )
  assert.equal(await details([]), 'The body must be of the type object, and is of the type array.')
})

test('of a thousand fields that are none, and of one that is very long, not all is told', async (t) => {
  const { post } = await openHttpBench(t)
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`field${index}`, 1]))
  for (const fields of [many, { ['x'.repeat(10_000)]: 1 }]) {
    const response = await post({ ...BODY, ...fields })
    assert.equal(response.status, 422)
    const answer = await response.text()
    assert.ok(answer.length < 5_000, String(answer.length))
  }
})

for (const [error, what] of [
  [new OperationalError('cannot connect to amqp://guest:**@10.0.0.7'), 'the broker'],
  [new QueueRefusedError('The queue q is on 10.0.0.7 in another form'), 'a queue of the broker'],
  [new BackendError('redis://10.0.0.7 gives no answer'), 'the results'],
  [new IndexUnavailableError('cannot be reached at redis://10.0.0.7'), 'the index'],
  [new RecordsUnavailableError('cannot be reached at redis://10.0.0.7'), 'the records'],
  [new IdentityUnavailableError('http://10.0.0.7 does not tell where the keys are'), 'the identity provider'],
] as const) {
  test(`${error.name} is 503, to be tried again; where it is is for the log alone`, async (t) => {
    const { service, post } = await openHttpBench(t)
    service.request = async () => {
      throw error
    }
    const response = await post(BODY)
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('retry-after'), '5')
    const { detail } = await problemOf(response)
    assert.match(detail, new RegExp(`: ${what}\\. `))
    assert.doesNotMatch(detail, /10\.0\.0\.7/)
  })
}

test('a uuid whose key belongs to somebody else is 409', async (t) => {
  const { service, post } = await openHttpBench(t)
  service.request = async () => {
    throw new MalformedMessageError('uuid_taken', 'send another uuid', { uuid: UUID })
  }
  const response = await post(BODY)
  assert.equal(response.status, 409)
  assert.equal((await problemOf(response)).code, 'uuid_taken')
})

test('what nobody expected is 500 with an id that the log has too, and tells nothing else', async (t) => {
  const logged = Promise.withResolvers<{ id: string; err: Error }>()
  const error = (fields: object | string) => logged.resolve(Object(fields))
  const { service, app } = await openHttpBench(t, { logger: { ...silentLogger, error } })
  service.status = async () => {
    throw new TypeError('secret of the house')
  }
  const response = await app.request(PATH)
  assert.equal(response.status, 500)
  const problem = await problemOf(response)
  const { id, err } = await logged.promise
  assert.equal(problem.id, id)
  assert.equal(err.message, 'secret of the house')
  assert.doesNotMatch(JSON.stringify(problem), /secret/)
})
