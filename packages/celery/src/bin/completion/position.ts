import type { Argument, Command, Option } from 'commander'

/** Where the next word of a command line stands. */
export interface Position {
  /** The command whose words these are. */
  readonly command: Command
  /** The option whose value it is. */
  readonly option?: Option
  /** The argument that it may be. */
  readonly argument?: Argument
  /** Options that were given so far, by their attribute names. */
  readonly given: Readonly<Record<string, string>>
}

/** Goes through the words before it, as the command itself would. */
export function positionAfter(program: Command, words: readonly string[]): Position {
  let [command, position] = [program, 0]
  const given: Record<string, string> = {}
  let option: Option | undefined
  for (const word of words) {
    if (option) {
      given[option.attributeName()] = word
      option = undefined
    } else if (word.startsWith('-')) option = takesValue(optionNamed(word, command))
    else {
      const below = command.commands.find((each) => each.name() === word || each.aliases().includes(word))
      if (below) [command, position] = [below, 0]
      else position += 1
    }
  }
  const argument = argumentAt(command, position)
  return { command, given, ...(option && { option }), ...(argument && { argument }) }
}

/** Of a command, and of those above it. */
export function optionsOf(command: Command): readonly Option[] {
  const above = command.parent ? optionsOf(command.parent) : []
  return [...command.options.filter(({ hidden }) => !hidden), ...above]
}

function optionNamed(word: string, command: Command): Option | undefined {
  return optionsOf(command).find(({ short, long }) => word === short || word === long)
}

function takesValue(option: Option | undefined): Option | undefined {
  return option?.required || option?.optional ? option : undefined
}

function argumentAt(command: Command, position: number): Argument | undefined {
  const last = command.registeredArguments.at(-1)
  return command.registeredArguments[position] ?? (last?.variadic ? last : undefined)
}
