import { type Command, InvalidArgumentError, type Option } from 'commander'
import { usageError } from './failure.ts'

/** Celery's own names for some; all others have the name of their command and their own. */
const VARIABLES: Readonly<Record<string, string>> = {
  CELERY_BROKER: 'CELERY_BROKER_URL',
  CELERY_CONFIG: 'CELERY_CONFIG_MODULE',
}

/**
 * Takes from the environment what the command line does not say: `CELERY_WORKER_CONCURRENCY=4` is
 * `celery worker --concurrency 4`, as with Click. @throws CommandFailed for a value that the option does not take
 */
export function takeEnvironment(command: Command, env: NodeJS.ProcessEnv): void {
  for (let each: Command | null = command; each; each = each.parent) {
    for (const option of each.options) {
      const name = variableOf(each, option)
      const value = env[name]
      const source = each.getOptionValueSource(option.attributeName())
      if (value === undefined || value === '' || (source !== undefined && source !== 'default')) continue
      each.setOptionValueWithSource(option.attributeName(), parsed(option, value, name), 'env')
    }
  }
}

function variableOf(command: Command, { long }: Option): string {
  const path: string[] = []
  for (let each: Command | null = command; each; each = each.parent) path.unshift(each.name())
  const name = [...path, long?.replace(/^--/, '')]
    .join('_')
    .replaceAll(/[^a-z]/gi, '_')
    .toUpperCase()
  return VARIABLES[name] ?? name
}

function parsed(option: Option, value: string, variable: string): unknown {
  if (option.isBoolean()) return isTrue(value) !== option.negate
  try {
    return option.parseArg ? option.parseArg(value, undefined) : value
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw usageError(`${variable} is '${value}' in the environment. ${error.message}`, { cause: error })
  }
}

function isTrue(value: string): boolean {
  return !['0', 'false', 'no', 'off', 'n', 'f'].includes(value.toLowerCase())
}
