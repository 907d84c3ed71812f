import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { symlink } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { candidates } from '../../src/bin/completion/candidates.ts'
import { createProgram } from '../../src/bin/program.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const COMMAND = join(import.meta.dirname, '../../src/bin/celery.ts')
const APP = join(import.meta.dirname, '../process-app.ts')

/** Which words may come after these, the last of which has been begun. */
async function after(words: string, known: Readonly<Record<string, readonly string[]>> = {}) {
  const [begun = '', ...before] = words.split(' ').toReversed()
  const found = await candidates(
    createProgram(),
    before.toReversed(),
    begun,
    async ({ command, option, argument }) => {
      return known[`${command.name()} ${option?.long ?? argument?.name()}`] ?? []
    },
  )
  return found.map(({ word }) => word)
}

/** What a shell says to a script, with `celery` on its path. */
async function inShell(t: TestContext, shell: string, script: string): Promise<readonly string[]> {
  const folder = await temporaryFolder(t)
  await symlink(COMMAND, join(folder, 'celery'))
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, APP }
  const { stdout } = await promisify(execFile)(shell, ['-c', script], { env, cwd: folder })
  return stdout.trimEnd().split('\n')
}

const skipWithout = (shell: string) =>
  spawnSync(shell, ['-c', 'true']).error !== undefined && `there is no ${shell}`

describe('celery completion', { timeout: 120_000 }, () => {
  it('knows commands, those below them, and options of the command and of all', async () => {
    assert.deepEqual(await after('wor'), ['worker'])
    assert.deepEqual(await after('-A ./app.ts -q dead-letters '), ['list', 'show', 'retry', 'delete'])
    assert.deepEqual(await after('status --t'), ['--timeout'])
    assert.ok((await after('status --')).includes('--broker'))
    assert.deepEqual(await after('completion '), ['bash', 'zsh', 'fish'])
    assert.deepEqual(await after('status --timeout '), [])
  })

  it('knows values by the option or the argument they are for', async () => {
    const known = {
      'call name': ['tasks.add'],
      'inspect command': ['active'],
      'inspect --destination': ['w1@here'],
    }
    assert.deepEqual(await after('call tasks', known), ['tasks.add'])
    assert.deepEqual(await after('inspect -d w1@here a', known), ['active'])
    assert.deepEqual(await after('inspect -d ', known), ['w1@here'])
    assert.deepEqual(await after('call other', known), [])
  })

  it('completes in bash', { skip: skipWithout('bash') }, async (t) => {
    const script = `
      eval "$(celery completion bash)"
      try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _celery_completion celery; echo "\${COMPREPLY[*]}"; }
      try celery wor
      try celery -A "$APP" call tasks.pass
      try celery --app = "$APP" purge -Q ''
      complete -p celery`
    assert.deepEqual(await inShell(t, 'bash', script), [
      'worker',
      'tasks.pass tasks.pass_late',
      'celery',
      'complete -o default -F _celery_completion celery',
    ])
  })

  it('completes in zsh', { skip: skipWithout('zsh') }, async (t) => {
    const script = `
      compdef() { print "compdef $*" }
      _describe() { print -l -- \${(P)2} }
      _files() { print files }
      eval "$(celery completion zsh)"
      try() { words=("$@"); CURRENT=$#; _celery_completion }
      try celery wor
      try celery -A "$APP" call tasks.pass
      try celery -A ''`
    assert.deepEqual(await inShell(t, 'zsh', script), [
      'compdef _celery_completion celery',
      'worker:Start a worker.',
      'tasks.pass:',
      'tasks.pass_late:',
      'files',
    ])
  })

  it('completes in fish', { skip: skipWithout('fish') }, async (t) => {
    const script = `
      celery completion fish | source
      complete -C 'celery wor'
      complete -C "celery -A $APP call tasks.pass"`
    assert.deepEqual(await inShell(t, 'fish', script), [
      'worker\tStart a worker.',
      'tasks.pass',
      'tasks.pass_late',
    ])
  })

  it('is asked for as Click asks, too', async (t) => {
    const ask = (asked: string) =>
      inShell(t, 'sh', `_CELERY_COMPLETE=${asked} COMP_WORDS=celery COMP_CWORD=0 celery`)
    assert.match((await ask('bash_source')).join('\n'), /complete -o default -F _celery_completion celery$/)
    await assert.rejects(ask('tcsh_source'), /_CELERY_COMPLETE is 'tcsh_source'\. It must be one of these/)
  })
})
