/** The shell script as it is, against `voice-pocket serve` with nothing set. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readWav } from '../packages/voice-pocket/src/audio/wav.ts'
import { Workspace } from '../packages/voice-pocket/test/end-to-end/workspace.ts'
import { tool } from './tool.ts'

const SCRIPT = fileURLToPath(new URL('./curl.sh', import.meta.url))
const curl = await tool('curl')

test('curl.sh', { skip: curl.skip, timeout: 60_000 }, async (t) => {
  const workspace = await Workspace.open(t)
  const { program: server, api } = await workspace.serve({ VOICE_POCKET_CONCURRENCY: '1' })
  const env = { VOICE_POCKET_URL: new URL(api).origin, EMAIL: 'minji@example.com' }

  await t.test('asks, shows the progress, and brings the sound home', async () => {
    const text = 'She said "hello" \\ and left.\nTab\tand 안녕하세요.'
    const script = workspace.start([SCRIPT, text, 'hello.wav'], { env })
    assert.equal(await script.exited, 0, script.output)
    assert.match(script.output, /"state":"SUCCESS"/)
    assert.match(script.output, /^event: /m)
    assert.equal(script.lines.at(-1), 'hello.wav')
    const { samples, sampleRate } = readWav(await readFile(join(workspace.folder, 'hello.wav')))
    assert.ok(samples.length / sampleRate > 2)
  })

  await t.test('says in the words of the server why it was refused', async () => {
    const script = workspace.start([SCRIPT, 'Hello.'], { env: { ...env, EMAIL: 'nobody' } })
    assert.equal(await script.exited, 1, script.output)
    assert.match(script.output, /"detail":"[^"]*e-mail address/)
  })

  await t.test('says how to start a server where there is none', async () => {
    assert.equal(await server.stop(), 0)
    const script = workspace.start([SCRIPT], { env })
    assert.equal(await script.exited, 1, script.output)
    assert.match(script.output, /No server at .*: start one with 'npm start'/)
  })
})
