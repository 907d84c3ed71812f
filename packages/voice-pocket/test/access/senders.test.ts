import assert from 'node:assert/strict'
import { test } from 'node:test'
import { senderRules } from '../../src/access/create-access.ts'
import { assertSenderMay, parseSenders } from '../../src/access/senders.ts'
import { loadConfig } from '../../src/config.ts'
import { ConfigError, MalformedMessageError } from '../../src/exceptions.ts'

const rules = parseSenders('erp=*; chat=*@example.com,minji@example.org;chat=a.b@x.kr') ?? new Map()

function may(userId: string | undefined, requestFrom?: string): boolean {
  try {
    assertSenderMay(rules, userId, { ...(requestFrom && { requestFrom }) })
    return true
  } catch (error) {
    assert.ok(error instanceof MalformedMessageError)
    assert.equal(error.reason, 'not_permitted')
    assert.equal(error.sender.requestFrom, requestFrom)
    return false
  }
}

test('a user of the broker may ask in the name of those the rules say', () => {
  assert.ok(may('erp', 'anybody@anywhere.kr'))
  for (const email of ['kim@example.com', '김민지@Example.COM', 'minji@example.org', 'a.b@x.kr']) {
    assert.ok(may('chat', email), email)
  }
})

test('and of nobody else', () => {
  const others = [
    'kim@example.org',
    'kim@sub.example.com',
    'kim@example.com.kr',
    'axb@x.kr',
    'a.b@x.kr.kr',
    'kim@examplezcom',
  ]
  for (const email of others) assert.equal(may('chat', email), false, email)
  assert.equal(may('chat', 'a@b@example.com'), false, 'a star does not reach over the @')
  assert.equal(may('stranger', 'kim@example.com'), false)
  assert.equal(may(undefined, 'kim@example.com'), false)
  assert.equal(may('chat'), false)
})

test('what is no rule is refused', () => {
  for (const text of ['', 'erp', 'erp=', '=*', 'erp=kim', 'erp=*;', 'erp=a@b c@d', 'e rp=*', 'erp=,*']) {
    assert.equal(parseSenders(text), undefined, JSON.stringify(text))
  }
})

test('rules about senders need a broker that checks who sends', () => {
  const load = (brokerUrl: string) =>
    senderRules(loadConfig({ CELERY_BROKER_URL: brokerUrl, VOICE_POCKET_SENDERS: 'erp=*' }))
  assert.equal(load('amqp://one;amqps://two')?.size, 1)
  for (const url of ['redis://one', 'sqlite:///data/broker.sqlite', 'amqp://one;redis://two']) {
    assert.throws(() => load(url), ConfigError, url)
  }
  assert.equal(senderRules(loadConfig({ CELERY_BROKER_URL: 'redis://one' })), undefined)
})
