import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'

const PROGRAM = join(import.meta.dirname, '../test.ts')

/** Runs files with these sources, and gives what was printed. */
async function runFiles(t: TestContext, sources: Record<string, string>, ...options: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'report-'))
  t.after(() => rm(folder, { recursive: true }))
  const heading = "import assert from 'node:assert/strict'\nimport { describe, test } from 'node:test'\n"
  for (const [name, source] of Object.entries(sources))
    await writeFile(join(folder, `${name}.test.mjs`), heading + source)
  const { NODE_TEST_CONTEXT, ...env } = process.env // else these files would be a part of this one
  const args = [PROGRAM, ...options, join(folder, '*.test.mjs')]
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] })
  const [printed, [code]] = await Promise.all([readAll(child.stdout), once(child, 'exit')])
  return { code, printed }
}

test('of what passes only the file is named; what is skipped is counted, with its reasons', async (t) => {
  const skip = (why: string) => `test('left out', { skip: '${why}' }, () => {})\n`
  const { code, printed } = await runFiles(t, {
    good: `console.log('noise'); test('one', () => {})\n${skip('no sound')}${skip('no sound')}${skip('no light')}`,
  })
  assert.match(printed, /^✔ .*good\.test\.mjs \(\d+\.\d s\)\n- 2 skipped: no sound\n- 1 skipped: no light\n/)
  assert.match(printed, /\n4 tests: 0 failed, 3 skipped\n$/)
  assert.doesNotMatch(printed, /noise|one/)
  assert.equal(code, 0)
})

test('what fails is told when it happens and at the end, with its suites and what its file printed', async (t) => {
  const { code, printed } = await runFiles(t, {
    bad: `console.log('a clue'); describe('A', () => describe('B', () => test('C', () => assert.equal(1, 2))))`,
    good: `test('D', () => {})`,
  })
  assert.equal(printed.match(/✖ A › B › C\n {2}.*bad\.test\.mjs:3\n[^✖]*1 !== 2/g)?.length, 2)
  assert.match(printed, /^✖ .*bad\.test\.mjs \(/m)
  assert.match(printed, /What .*bad\.test\.mjs printed last:\n {2}a clue\n/)
  assert.match(printed, /\n2 tests: 1 failed, 0 skipped\n$/)
  assert.equal(code, 1)
})

test('a file that cannot even be loaded is a failure with its own words', async (t) => {
  const { code, printed } = await runFiles(t, { broken: `import './missing.mjs'` })
  assert.match(printed, /✖ the file itself\n {2}.*broken\.test\.mjs:1\n/)
  assert.match(printed, /Cannot find module .*missing\.mjs/)
  assert.equal(code, 1)
})

test('a file that does not end is named, and nothing waits for it', async (t) => {
  const leaks = `test('x', () => void setInterval(() => {}, 1000))`
  const { code, printed } = await runFiles(t, { leaks }, '--file-limit', '2')
  assert.match(printed, /✖ .*leaks\.test\.mjs does not end: given up after 2 s\n/)
  assert.equal(code, 1)
})

test('a pattern that finds nothing is an error', async (t) => {
  assert.equal((await runFiles(t, {})).code, 1)
})
