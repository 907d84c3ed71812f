import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readUuid, taskIdFor, uuidV5 } from '../src/uuid.ts'

const UUID = '2f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a10'

test('a uuid is read in lower case', () => {
  assert.equal(readUuid(UUID.toUpperCase()), UUID)
})

for (const value of [
  '',
  'celery-task-meta-1',
  UUID.replaceAll('-', ''),
  `{${UUID}}`,
  `urn:uuid:${UUID}`,
  `${UUID}\n`,
  ` ${UUID}`,
  UUID.replace('2', 'g'),
  '00000000-0000-0000-0000-000000000000',
  7,
  null,
]) {
  test(`${JSON.stringify(value)} is no uuid`, () => {
    assert.equal(readUuid(value), undefined)
  })
}

test('name-based uuids are those of RFC 9562', () => {
  const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'
  assert.equal(uuidV5(dns, 'www.example.com'), '2ed6657d-e927-568b-95e1-2665a8aea6a2')
})

test('a uuid has one task id, for ever', () => {
  // Written down: another release must not start a second task for a uuid of this one.
  assert.equal(taskIdFor(UUID), 'b0befd7d-fb64-565a-bb1a-7502e9c336fc')
  assert.notEqual(taskIdFor('2f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a11'), taskIdFor(UUID))
})
