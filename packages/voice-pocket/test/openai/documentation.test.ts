/** The programs in docs/openai-api.md, as their reader would run them. */
import assert from 'node:assert/strict'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { REPOSITORY } from '../end-to-end/program.ts'
import { Workspace } from '../end-to-end/workspace.ts'
import { pythonPath } from '../service-url.ts'
import { soundLength } from './sound-length.ts'

const python = pythonPath()
const ADDRESS = 'http://127.0.0.1:8080'

/** How each language is run, and the file that its program makes. */
const LANGUAGES = [
  { language: 'sh', command: ['sh', 'program.sh'], makes: 'hello.mp3', skip: false },
  { language: 'js', command: [process.execPath, 'program.mjs'], makes: 'hello-node.mp3', skip: false },
  {
    language: 'python',
    command: [String(python), 'program.py'],
    makes: 'hello-python.wav',
    skip: python === undefined && 'npm test makes the Python environment',
  },
] as const

test('docs/openai-api.md', { timeout: 120_000 }, async (t) => {
  const text = await readFile(join(REPOSITORY, 'docs/openai-api.md'), 'utf8')
  const workspace = await Workspace.open(t)
  const { api } = await workspace.serve({ VOICE_POCKET_CONCURRENCY: '1' })
  await symlink(join(REPOSITORY, 'node_modules'), join(workspace.folder, 'node_modules'))

  for (const { language, command, makes, skip } of LANGUAGES) {
    await t.test(language, { skip }, async () => {
      const [, source = ''] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(text) ?? []
      assert.ok(source.includes(ADDRESS), 'there is one')
      const program = source.replaceAll(ADDRESS, new URL(api).origin)
      await writeFile(join(workspace.folder, command[1]), program)
      const run = workspace.start(command)
      assert.equal(await run.exited, 0, run.output)
      const bytes = await readFile(join(workspace.folder, makes))
      assert.ok((await soundLength(bytes, makes.slice(-3))) > 1)
    })
  }
})
