import type { Command } from 'commander'
import { optionsOf, type Position, positionAfter } from './position.ts'

/** A word that may come next, and what it means. */
export interface Candidate {
  readonly word: string
  readonly help: string
}

/** Values that only the app, or the workers, know; none where it is not known. */
export type ValueSource = (position: Position) => Promise<readonly string[]>

/** What may come after these words and begins like this. */
export async function candidates(
  program: Command,
  words: readonly string[],
  begun: string,
  values: ValueSource,
): Promise<readonly Candidate[]> {
  const position = positionAfter(program, words)
  const all =
    begun.startsWith('-') && !position.option ? optionNames(position) : await wordsAt(position, values)
  return all.filter(({ word }) => word.startsWith(begun))
}

async function wordsAt(position: Position, values: ValueSource): Promise<readonly Candidate[]> {
  const { command, option, argument } = position
  const choices = option ? option.argChoices : argument?.argChoices
  const known = choices ?? (option || argument ? await values(position) : [])
  const words = known.map((word) => ({ word, help: '' }))
  return option ? words : [...commandNames(command), ...words]
}

function commandNames(command: Command): readonly Candidate[] {
  return command.commands.map((each) => ({ word: each.name(), help: firstLine(each.description()) }))
}

function optionNames({ command }: Position): readonly Candidate[] {
  const own = optionsOf(command).flatMap(({ long, description }) =>
    long ? [{ word: long, help: firstLine(description) }] : [],
  )
  return [...own, { word: '--help', help: 'display help for command' }]
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
