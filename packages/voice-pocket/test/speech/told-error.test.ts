import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toldError } from '../../src/speech/told-error.ts'

const told = (message: string, name = 'SynthesisError') => toldError({ name, message }).detail

test('where an engine or a file of ours is, callers are not told; the rest of the words stay', () => {
  for (const [message, seen] of [
    ['The engine at http://10.0.0.7:8000/v1/audio answered 500.', 'The engine at (address) answered 500.'],
    ['It failed (connect ECONNREFUSED 10.0.0.7:8000)', 'It failed (connect ECONNREFUSED (address))'],
    ['It failed: getaddrinfo ENOTFOUND tts.internal', 'It failed: getaddrinfo (address)'],
    ['connect to tts:8000 was refused', 'connect to (address) was refused'],
    ["ENOENT: no such file, open '/srv/models/ko/model.onnx'", "ENOENT: no such file, open '(address)'"],
    ['file:///srv/speech/a.wav is no file', '(address) is no file'],
    ['C:\\speech\\a.wav is no file', '(address) is no file'],
  ] as const) {
    assert.equal(told(message), seen)
  }
})

test('what callers can mend is told as it is', () => {
  for (const message of [
    'The engine espeak has no voice "hana"; it must be one of f1, m1.',
    'minji@example.com has not granted jisu@example.com the use of their voice; ask them for it.',
    'text: line 1, column 14: </b> does not end <a>; 3/4 of it and/or more, at 12:30',
  ])
    assert.equal(told(message), message)
})

test('of a storage or a server that fails no name is told', () => {
  const message = 'The bucket speech-of-acme refuses s3-user; correct its policy.'
  assert.match(told(message, 'StorageError'), /^A part of the service failed: the storage\./)
  assert.match(told(message, 'OperationalError'), /the broker/)
})
