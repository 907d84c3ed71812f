import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lease } from '../../src/lease.ts'
import { openRecords } from '../../src/records.ts'
import { SWEEP_LEASE } from '../../src/retention/sweeper.ts'
import { Workspace } from './workspace.ts'

test('an owner’s retention is set, shown and taken back on the command line', async (t) => {
  const workspace = await Workspace.open(t)
  const retention = async (...args: string[]) => {
    const program = workspace.voicePocket(['storage', 'retention', ...args], { VOICE_POCKET_RETENTION: '99' })
    return [await program.exited, program.output]
  }
  assert.deepEqual(await retention('kim@example.com', '60'), [0, 'kim@example.com: for 60 seconds'])
  assert.deepEqual(await retention(), [0, 'kim@example.com: for 60 seconds'])
  assert.deepEqual(await retention('kim@example.com', 'default'), [0, 'kim@example.com: for 99 seconds'])
  assert.match(String(await retention('kim@example.com', 'soon')), /^1,.*whole number of seconds/)
})

test('a sweep by hand waits for none that runs already, and says so', async (t) => {
  const workspace = await Workspace.open(t)
  const url = `sqlite:///${workspace.folder}/data/index.sqlite`
  await using records = await openRecords(url, { onConnectionError: () => {} })
  const lease = await Lease.take(records, SWEEP_LEASE)
  assert.ok(lease)
  await using _ = lease
  const program = workspace.voicePocket(['storage', 'sweep'])
  assert.equal(await program.exited, 1)
  assert.match(program.output, /^voice-pocket: Another process sweeps the storage at this moment/)
})
