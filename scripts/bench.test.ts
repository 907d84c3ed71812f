/** Figures are measured by hand and asserted nowhere; that they can be measured is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Program } from '../packages/voice-pocket/test/end-to-end/program.ts'

test('the figures of speech can be measured', { timeout: 120_000 }, async (t) => {
  const bench = new Program([process.execPath, 'bench/speech.ts', '--quick'], {})
  t.after(() => bench.end())
  assert.equal(await bench.exited, 0, bench.output)
  assert.match(bench.output, /^\| English, a chapter +\| +\d/m)
  assert.match(bench.output, /^\| one sentence, over HTTP +\| +\d+(\.\d+)? ms/m)
  assert.match(bench.output, /^\| the service, nothing set +\| +[\d.]+ s/m)
  assert.match(bench.output, /^\| until all of it is spoken +\| +[\d.]+ s/m)
  assert.match(bench.output, /^\| 1 voices enrolled, each has spoken +\| +\d+ MiB/m)
  assert.doesNotMatch(bench.output, /NaN|undefined|Infinity/)
})
