import { createInterface } from 'node:readline/promises'
import { CommandFailed } from './failure.ts'

/** Asks on the terminal. @throws CommandFailed unless the answer is yes. */
export async function confirm(question: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  // A closed stdin is no answer, and would leave the question open for ever.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
  try {
    const answer = await Promise.race([terminal.question(`${question} [y/N]: `), closed])
    if (!/^y(?:es)?$/i.test(answer.trim())) throw new CommandFailed('Aborted!')
  } finally {
    terminal.close()
  }
}
