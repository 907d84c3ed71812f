import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openSharedDatabase } from '../../src/sqlite/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'kombu-doorbell-'))
after(() => rmSync(folder, { recursive: true }))

test('a ring wakes another process, and a process that waits for nothing else can end', async () => {
  const path = join(folder, 'bell.sqlite')
  using database = openSharedDatabase(path, '')
  const listener = fork(join(import.meta.dirname, 'listener.ts'), [path, 'breakfast'])
  assert.deepEqual(await once(listener, 'message'), ['listening', undefined])
  const woken = once(listener, 'message')
  const ended = once(listener, 'exit')
  database.ring('breakfast')
  assert.deepEqual(await woken, ['woken', undefined])
  assert.deepEqual(await ended, [0, null])
})

test('a ring is heard in its own process even when the folder of the doorbell is gone', async () => {
  const path = join(folder, 'emptied.sqlite')
  using database = openSharedDatabase(path, '')
  database.ring('breakfast')
  rmSync(`${path}.doorbell`, { recursive: true })
  const rung = database.wait(['breakfast'], new AbortController().signal, 2 ** 31 - 1)
  database.ring('breakfast')
  await rung
})
