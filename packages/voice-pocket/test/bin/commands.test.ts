import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { temporaryFolder } from '../temporary-folder.ts'

const PROGRAM = join(import.meta.dirname, '../../src/bin/voice-pocket.ts')

/** What a command says, and how it ends, on a machine where nothing is kept yet. */
async function run(t: TestContext, ...args: string[]): Promise<{ code: number; said: string }> {
  const folder = await temporaryFolder(t)
  const env = {
    ...process.env,
    VOICE_POCKET_INDEX: `sqlite:///${folder}/index.sqlite`,
    VOICE_POCKET_STORAGE: `file:${folder}/speech`,
    VOICE_POCKET_MODELS: join(folder, 'models'),
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { env, cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    )
  })
}

const CONSENT = ['--email', 'a@b.co', '--consent', 'I allow it to be kept.', '--by', 'Minji']

for (const [what, args, code, said] of [
  [
    'a recording that is not there',
    ['voices', 'enrol', 'nowhere.wav', ...CONSENT],
    1,
    /nowhere\.wav cannot be read \(ENOENT\)/,
  ],
  ['a folder as a recording', ['voices', 'enrol', '.', ...CONSENT], 1, /^voice-pocket: \. is no file/],
  ['uses of a voice that nobody has', ['voices', 'uses', 'a@b.co'], 1, /Nobody enrolled a voice for a@b\.co/],
  [
    'a manifest that is not there',
    ['models', 'add', '.', '--manifest', 'none.json'],
    1,
    /none\.json cannot be read \(ENOENT\)/,
  ],
  [
    'a language that is none',
    ['text', 'Hello.', '--lang', 'Korean!'],
    1,
    /--lang.*must be a language tag such as/,
  ],
  ['a lexicon of what is no address', ['lexicon', 'show', 'minji'], 1, /must be an e-mail address such as/],
  ['no models', ['models', 'list'], 0, /There are no models/],
] as const) {
  test(`${what}: is told in one line, and by how the command ends`, async (t) => {
    const ended = await run(t, ...args)
    assert.match(ended.said, said)
    assert.equal(ended.said.trim().split('\n').length, 1, ended.said)
    assert.equal(ended.code, code)
  })
}
