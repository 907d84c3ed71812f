/** OpenAI's own client for Python against `voice-pocket serve`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Workspace } from '../end-to-end/workspace.ts'
import { pythonPath } from '../service-url.ts'

const python = pythonPath()
const skip = python === undefined && 'npm test makes the Python environment'
const SCRIPT = fileURLToPath(new URL('python_client.py', import.meta.url))

test("OpenAI's client for Python", { skip, timeout: 120_000 }, async (t) => {
  const workspace = await Workspace.open(t)
  const { api } = await workspace.serve({ VOICE_POCKET_CONCURRENCY: '3' })
  const env = { OPENAI_BASE_URL: new URL('/v1', api).href, VOICE_POCKET_API: api }
  const program = workspace.start([String(python), SCRIPT, '-v'], { env })
  assert.equal(await program.exited, 0, program.output)
  assert.match(program.output, /^Ran 8 tests/m)
})
