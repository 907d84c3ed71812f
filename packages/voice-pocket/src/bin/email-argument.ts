import { InvalidArgumentError } from 'commander'
import { readEmail } from '../email.ts'

/** For an argument or an option of a command. @throws InvalidArgumentError names the rule */
export function emailArgument(text: string): string {
  const email = readEmail(text)
  if (email !== undefined) return email
  throw new InvalidArgumentError('It must be an e-mail address such as minji@example.com.')
}
