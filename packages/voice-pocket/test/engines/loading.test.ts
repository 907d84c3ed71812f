/** Engines that do not get ready. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { Engine } from '../../src/engines/engine.ts'
import { Engines } from '../../src/engines/engines.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const BOUNDS = { min: 0, max: 2 }

function engineWith(more: Partial<Engine>): Engine {
  const numbers = { rate: BOUNDS, pitch: BOUNDS, range: BOUNDS, volume: BOUNDS }
  return {
    name: 'odd',
    sampleRate: 8000,
    capabilities: { languages: ['en'], voices: [], ...numbers },
    synthesize: async () => ({ samples: new Int16Array(8), marks: [] }),
    close: async () => {},
    ...more,
  }
}

/** Of which each loads as is told here. */
function enginesThat(loads: Readonly<Record<string, () => Promise<Engine>>>) {
  const plans = Object.keys(loads).map((name) => ({ name, source: name, options: {} }))
  const warnings: string[] = []
  const warn = (message: string) => void warnings.push(message)
  const load = ({ name }: { name: string }) => Promise.resolve(loads[name]?.() as Promise<Engine>)
  return { engines: new Engines(plans, { warm: 2, limitMs: 50, loadMs: 50, warn, load }), warnings }
}

test('the next engine speaks when one does not finish loading, which is closed when it does', async () => {
  const slow = Promise.withResolvers<Engine>()
  const closed = Promise.withResolvers<void>()
  const { engines, warnings } = enginesThat({
    slow: () => slow.promise,
    quick: async () => engineWith({}),
  })
  assert.equal(await engines.useFirst({}, async ({ name }) => name), 'quick')
  assert.deepEqual(warnings, ['The engine slow did not finish loading within 0.05 s.'])
  slow.resolve(engineWith({ close: async () => closed.resolve() }))
  await closed.promise
})

test('an engine that never makes a voice ready is unavailable', async () => {
  const { engines } = enginesThat({ odd: async () => engineWith({ prepare: () => new Promise(() => {}) }) })
  const measured = { pitch: 120, spread: 4, syllables: 4, seconds: 10 }
  const prepare = (engine: Engine) => Promise.resolve(engine.prepare?.([], measured))
  await assert.rejects(engines.use('odd', prepare), {
    name: 'EngineUnavailableError',
    message: 'The engine odd did not finish a voice within 0.05 s.',
  })
})

test('the process ends of an engine that holds its thread instead of loading', async (t) => {
  const program = join(await temporaryFolder(t), 'program.mjs')
  await writeFile(
    program,
    `import { Engines } from ${JSON.stringify(import.meta.resolve('../../src/engines/engines.ts'))}
    const plans = [{ name: 'odd', source: 'odd', options: {} }]
    const load = () => { for (;;); }
    await new Engines(plans, { warm: 1, limitMs: 50, loadMs: 50, warn() {}, load }).use('odd', async () => {})`,
  )
  const child = spawn(process.execPath, [program], { timeout: 20_000, killSignal: 'SIGTERM' })
  const [said, [, signal]] = await Promise.all([text(child.stderr), once(child, 'close')])
  assert.equal(signal, 'SIGKILL')
  assert.match(said, /The engine odd neither finished loading within 0\.05 s nor stopped/)
})
