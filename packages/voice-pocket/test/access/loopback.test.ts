import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopbackAddress, isLoopbackHost, isLoopbackName } from '../../src/access/loopback.ts'
import { ListenError } from '../../src/exceptions.ts'

test('loopback is 127.0.0.0/8 and ::1, however they are written', () => {
  const loopback = ['127.0.0.1', '127.255.0.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::1%lo']
  for (const address of loopback) assert.equal(isLoopbackAddress(address), true, address)
  const others = [
    '0.0.0.0',
    '::',
    '128.0.0.1',
    '10.0.0.1',
    '192.168.1.2',
    '::2',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    'localhost',
  ]
  for (const address of others) assert.equal(isLoopbackAddress(address), false, address)
})

test('a name is loopback when every address it has is', async () => {
  assert.equal(await isLoopbackHost('localhost'), true)
  assert.equal(await isLoopbackHost('::1'), true)
  assert.equal(await isLoopbackHost('0.0.0.0'), false)
  assert.equal(await isLoopbackHost('::'), false)
  await assert.rejects(isLoopbackHost('nowhere.invalid'), ListenError)
})

test('a request was meant for this machine when it names it', () => {
  const own = ['localhost', 'LOCALHOST', 'app.localhost', '127.0.0.1', '[::1]']
  for (const name of own) assert.equal(isLoopbackName(name), true, name)
  const others = [
    'example.com',
    'localhost.example.com',
    '127.0.0.1.example.com',
    '192.168.1.2',
    'notlocalhost',
    '',
  ]
  for (const name of others) assert.equal(isLoopbackName(name), false, name)
})
