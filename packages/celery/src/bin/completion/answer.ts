import type { Command } from 'commander'
import { usageError } from '../failure.ts'
import { candidates } from './candidates.ts'
import { SCRIPTS, SHELLS, type Shell } from './scripts.ts'
import { valuesOfApp } from './values.ts'

/**
 * What a shell is answered that asks by the environment, with the variables of Click: `_CELERY_COMPLETE=bash_source`
 * for the script, `bash_complete` for what may stand at the place `COMP_CWORD` of `COMP_WORDS`, one word a line.
 * Undefined where nobody asks.
 */
export async function completionAnswer(
  program: Command,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const asked = env._CELERY_COMPLETE
  if (asked === undefined || asked === '') return undefined
  const [shell = '', what] = asked.split('_')
  if (!isShell(shell) || (what !== 'source' && what !== 'complete'))
    throw usageError(
      `_CELERY_COMPLETE is '${asked}'. It must be one of these, with _source or _complete: ${SHELLS}.`,
    )
  if (what === 'source') return SCRIPTS[shell]
  const { COMP_WORDS = '', COMP_CWORD = '0' } = env
  const place = Number(COMP_CWORD)
  // The shell splits --app=./app.ts at its sign, which says no more than a blank does.
  const words = COMP_WORDS.split('\n')
  const [before, begun = ''] = [words.slice(1, place).filter((word) => word !== '='), words[place]]
  const found = await candidates(program, before, begun === '=' ? '' : begun, valuesOfApp(env))
  return found.map(({ word, help }) => `${word}\t${help}\n`).join('')
}

function isShell(name: string): name is Shell {
  return (SHELLS as readonly string[]).includes(name)
}
