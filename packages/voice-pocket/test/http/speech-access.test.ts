import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { parseQuotas } from '../../src/access/quota.ts'
import { IndexUnavailableError } from '../../src/exceptions.ts'
import { codeOf, MINHO, MINJI, openClosedBench } from './closed-bench.ts'
import { BODY, PATH } from './http-bench.ts'

const EVE = 'eve@example.com'
/** Minji asks, and Minho's voice speaks. */
const { email: _, ...REST } = BODY
const BETWEEN_TWO = { ...REST, requestFrom: MINJI, requestTo: MINHO }
const UNKNOWN = BODY.uuid.replace(/.$/, '1')

const READS = [
  '',
  '/events',
  '/audio',
  '/audio?format=mp3',
  '/audio?follow=1',
  '/captions',
  '/captions?format=srt',
]

test('somebody asks in their own name, a service in any', async (t) => {
  const { post, keyOf, started } = await openClosedBench(t)
  assert.deepEqual(await codeOf(await post(BETWEEN_TWO, await keyOf(MINHO))), [403, 'forbidden'])
  assert.deepEqual(await codeOf(await post(BODY, await keyOf(EVE))), [403, 'forbidden'])
  assert.equal(started.length, 0)
  assert.equal((await post(BODY, await keyOf(MINJI))).status, 202)
  assert.equal((await post({ ...BODY, uuid: UNKNOWN }, await keyOf())).status, 202)
})

test('in the name of somebody without a voice, who could have granted none, only who acts for them asks', async (t) => {
  const { post, keyOf, started } = await openClosedBench(t)
  assert.deepEqual(await codeOf(await post(BETWEEN_TWO, await keyOf(MINJI))), [403, 'no_grant'])
  assert.equal(started.length, 0)
  assert.equal((await post(BETWEEN_TWO, await keyOf())).status, 202)
})

test('who has a user key asks for no more urgency than the service allows, and a service for any', async (t) => {
  const { post, keyOf, started } = await openClosedBench(t, { userPriority: 3 })
  const refused = await post({ ...BODY, priority: 4 }, await keyOf(MINJI))
  const { code, detail } = (await refused.json()) as { code: string; detail: string }
  assert.deepEqual([refused.status, code], [403, 'forbidden'])
  assert.match(detail, /at most 3, and not for 4; ask for less/)
  assert.equal(started.length, 0)

  const ask = async (last: string, headers: Record<string, string>, priority?: number) => {
    const { status } = await post({ ...BODY, uuid: BODY.uuid.replace(/.$/, last), priority }, headers)
    assert.equal(status, 202)
    return started.at(-1)?.priority
  }
  assert.equal(await ask('1', await keyOf(MINJI), 3), 3)
  assert.equal(
    await ask('2', await keyOf(MINJI)),
    3,
    'who says nothing gets what others get, as far as they may',
  )
  assert.equal(await ask('3', await keyOf(), 9), 9)
  assert.equal(await ask('4', await keyOf()), undefined)
})

test('a key has a bound of its own, in the place of that for all', async (t) => {
  const { post, keys } = await openClosedBench(t, { userPriority: 3 })
  const statusOf = async (key: Parameters<typeof keys.create>[0], priority: number) => {
    const { text } = await keys.create(key)
    return (await post({ ...BODY, uuid: randomUUID(), priority }, { 'X-API-Key': text })).status
  }
  assert.equal(await statusOf({ kind: 'user', email: MINJI, maxPriority: 8 }, 8), 202)
  assert.equal(await statusOf({ kind: 'user', email: MINJI, maxPriority: 8 }, 9), 403)
  assert.equal(await statusOf({ kind: 'service', maxPriority: 1 }, 2), 403)
})

test('a speech is there for who asked, for whose voice speaks, and for services', async (t) => {
  const { post, keyOf, app, worker } = await openClosedBench(t)
  await post(BETWEEN_TWO, await keyOf())
  await worker.fail(new Error('no voice today'))
  for (const email of [MINJI, MINHO, undefined]) {
    const headers = await keyOf(email)
    const statuses = []
    for (const path of READS) {
      const { status, body } = await app.request(PATH + path, { headers })
      await body?.cancel()
      statuses.push(status)
    }
    assert.deepEqual(statuses, [200, 200, 410, 410, 410, 410, 410], String(email))
    assert.equal((await app.request(PATH, { method: 'DELETE', headers })).status, 200)
  }
})

test('to everybody else it does not exist, in the very words of what does not', async (t) => {
  const { post, keyOf, app, results, taskId } = await openClosedBench(t)
  await post(BETWEEN_TWO, await keyOf())
  const headers = await keyOf(EVE)
  const answer = async (path: string, method = 'GET') => {
    const response = await app.request(path, { method, headers })
    const text = (await response.text()).replaceAll(UNKNOWN, BODY.uuid)
    return [response.status, text, [...response.headers.keys()].sort()]
  }
  const unknown = PATH.replace(BODY.uuid, UNKNOWN)
  for (const path of READS) {
    const theirs = await answer(PATH + path)
    assert.equal(theirs[0], 404, path)
    assert.deepEqual(theirs, await answer(unknown + path), path)
  }
  assert.deepEqual(await answer(PATH, 'DELETE'), await answer(unknown, 'DELETE'))
  assert.equal((await results.getTaskMeta(taskId)).status, 'PENDING', 'it was not cancelled')
})

test('a uuid of somebody else cannot be used again, nor be told apart by what it does', async (t) => {
  const { post, keyOf, started } = await openClosedBench(t, { voices: [MINHO] })
  assert.equal((await post(BETWEEN_TWO, await keyOf(MINJI))).status, 202)
  const { uuid } = BODY
  assert.deepEqual(await codeOf(await post({ uuid, email: EVE, text: 'Mine.' }, await keyOf(EVE))), [
    409,
    'uuid_taken',
  ])
  assert.equal((await post(BETWEEN_TWO, await keyOf(MINJI))).status, 200)
  assert.equal(started.length, 1)
})

test('of what another program started nothing is known but its task: it is there for services alone', async (t) => {
  const { app, keyOf, index } = await openClosedBench(t)
  await index.once(BODY.uuid, async () => 'a-task')
  assert.equal((await app.request(PATH, { headers: await keyOf() })).status, 200)
  assert.equal((await app.request(PATH, { headers: await keyOf(MINJI) })).status, 404)
})

test('characters count when something is made of them: not what is refused, nor the same uuid again', async (t) => {
  const { post, keyOf } = await openClosedBench(t, { quotas: parseQuotas('characters=10/day') ?? [] })
  const headers = await keyOf(MINJI)
  const ask = (text: string, uuid = BODY.uuid) => post({ uuid, email: MINJI, text }, headers)
  const left = (response: Response) => response.headers.get('ratelimit')?.match(/r=(\d+)/)?.[1]
  const long = await ask('12345678901')
  assert.deepEqual([left(long), ...(await codeOf(long))], ['10', 429, 'quota_exceeded'])
  assert.equal(left(await ask('안녕 🌳🌳')), '5')
  assert.equal(left(await ask('안녕 🌳🌳')), undefined)
  assert.equal((await ask('123456', UNKNOWN)).status, 429)
  assert.equal(left(await ask('12345', UNKNOWN)), '0')
})

test('of many who ask for the same at once one pays', async (t) => {
  const quotas = parseQuotas('characters=1000/day') ?? []
  const { post, keyOf } = await openClosedBench(t, { quotas })
  const headers = await keyOf(MINJI)
  const answers = await Promise.all(Array.from({ length: 10 }, () => post(BODY, headers)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(9).fill(200), 202])
  const next = await post({ ...BODY, uuid: UNKNOWN }, headers)
  assert.match(String(next.headers.get('ratelimit')), new RegExp(`r=${1000 - 2 * BODY.text.length};`))
})

test('what fails after it was paid for is given back', async (t) => {
  const { post, keyOf, index } = await openClosedBench(t, { quotas: parseQuotas('characters=20/day') ?? [] })
  const once = t.mock.method(index, 'once', () => Promise.reject(new IndexUnavailableError('away')))
  const headers = await keyOf(MINJI)
  const failed = await post(BODY, headers)
  assert.deepEqual(await codeOf(failed), [503, 'unavailable'])
  assert.match(String(failed.headers.get('ratelimit')), /r=20;/)
  once.mock.restore()
  const made = await post(BODY, headers)
  assert.equal(made.status, 202)
  assert.match(String(made.headers.get('ratelimit')), /r=7;/)
})
