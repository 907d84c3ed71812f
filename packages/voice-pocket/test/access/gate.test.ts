import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { OPEN_CALLER } from '../../src/access/access.ts'
import { ApiKeys } from '../../src/access/api-keys.ts'
import { type AuthenticationMode, Gate } from '../../src/access/gate.ts'
import { assertMayListen } from '../../src/access/listening.ts'
import { ConfigError, UnauthenticatedError } from '../../src/exceptions.ts'
import { silentLogger } from '../silent-logger.ts'
import { openTestRecords } from './records.ts'

async function openGate(t: TestContext, mode: AuthenticationMode) {
  const { records } = await openTestRecords(t)
  const keys = new ApiKeys(records, [])
  const gate = new Gate({ mode, authenticators: [keys], isConfigured: () => keys.exist() })
  const lines: string[] = []
  const log = (line: string | object) => void lines.push(String(line))
  const listen = (host: string) => assertMayListen(host, gate, { ...silentLogger, info: log, warn: log })
  return { keys, gate, listen, lines }
}

test('without keys everybody on loopback is let in, whatever they send, and the log says so', async (t) => {
  const { gate, listen, lines } = await openGate(t, 'auto')
  for (const host of ['127.0.0.1', '::1', 'localhost']) await listen(host)
  assert.match(String(lines[0]), /no API keys: every program of this machine may act for anybody/)
  for (const credential of [undefined, 'sk-anything']) {
    assert.equal((await gate.admit(credential)).caller, OPEN_CALLER)
  }
})

test('without keys no other address is listened at, and the error says what to do', async (t) => {
  const { listen } = await openGate(t, 'auto')
  for (const host of ['0.0.0.0', '::', '192.168.1.2']) {
    await assert.rejects(listen(host), (error: Error) => {
      assert.ok(error instanceof ConfigError)
      assert.ok(error.message.startsWith(`HOST is ${host}, `))
      for (const remedy of [
        'voice-pocket keys create',
        'VOICE_POCKET_OIDC_ISSUER',
        'VOICE_POCKET_AUTHENTICATION',
      ]) {
        assert.ok(error.message.includes(remedy), remedy)
      }
      return true
    })
  }
})

test('the first key closes a gate that is in use, and its revocation does not open it', async (t) => {
  const { gate, keys, listen } = await openGate(t, 'auto')
  assert.equal((await gate.admit(undefined)).caller.kind, 'open')
  const { key, text } = await keys.create({ kind: 'service' })
  await assert.rejects(gate.admit(undefined), UnauthenticatedError)
  assert.equal((await gate.admit(text)).caller.kind, 'service')
  await keys.revoke(key.id)
  await assert.rejects(gate.admit(undefined), UnauthenticatedError)
  await assert.rejects(gate.admit(text), UnauthenticatedError)
  await listen('0.0.0.0')
})

test('required: nobody is let in without a key, also while there is none', async (t) => {
  const { gate, keys, listen } = await openGate(t, 'required')
  await listen('0.0.0.0')
  await assert.rejects(gate.admit(undefined), UnauthenticatedError)
  await assert.rejects(gate.admit('sk-anything'), /neither an API key .* nor a token/)
  const { text } = await keys.create({ kind: 'service' })
  assert.equal((await gate.admit(text)).caller.kind, 'service')
})

test('off: everybody is let in everywhere, with keys or without, and the log warns', async (t) => {
  const { gate, keys, listen, lines } = await openGate(t, 'off')
  await keys.create({ kind: 'service' })
  await listen('0.0.0.0')
  assert.match(String(lines[0]), /VOICE_POCKET_AUTHENTICATION is off/)
  assert.equal((await gate.admit(undefined)).caller, OPEN_CALLER)
})
