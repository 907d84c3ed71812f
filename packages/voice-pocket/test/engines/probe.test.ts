import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadConfig } from '../../src/config.ts'
import { probeEngine } from '../../src/engines/probe.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** The config of a service with this one engine. */
async function engineThat(t: TestContext, does: string) {
  const path = join(await temporaryFolder(t), 'engine.mjs')
  await writeFile(path, `export async function createEngine() { ${does} }`)
  return loadConfig({ VOICE_POCKET_ENGINES: `odd=${path}` })
}

test('an engine that is killed while it loads, as one is that takes all memory, is not said to be slow', async (t) => {
  const config = await engineThat(t, `process.kill(process.pid, 'SIGKILL')`)
  const { available, reason } = await probeEngine('odd', config)
  assert.deepEqual([available, reason], [false, 'The engine odd ended its process (SIGKILL).'])
})

test('an engine that never loads is given up', async (t) => {
  const config = await engineThat(t, 'for (;;);')
  const { available, reason } = await probeEngine('odd', config, { timeoutMs: 20 })
  assert.deepEqual([available, reason], [false, 'The engine odd did not load within 0.02 s.'])
})
