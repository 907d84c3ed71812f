/** What the worker would refuse of a call is refused where it is made, where it can be mended. */
import { inspect } from 'node:util'
import type { CallOptions } from './call.ts'
import { isDeliveryMode } from './delivery-mode.ts'
import { readPublishPolicy } from './publish-policy.ts'
import { checkSeconds } from './time-limits.ts'

type Rule = readonly [option: keyof CallOptions, rule: string, fits: (value: unknown) => boolean]

const RULES: readonly Rule[] = [
  ['args', 'a list', Array.isArray],
  ['kwargs', 'an object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value)],
  ['taskId', 'a text that is not empty', isText],
  ['countdown', 'a number of seconds', (value) => typeof value === 'number'],
  ['priority', 'a whole number from 0 to 255', isByte],
  ['deliveryMode', "'persistent' or 'transient'", isDeliveryMode],
  ['timeout', 'a number of seconds, more than 0', (value) => typeof value === 'number' && value > 0],
]

/** @throws RangeError which names the option, the rule and the value */
export function checkCall(task: string, options: CallOptions): void {
  const of = `the call of ${task}`
  if (!isText(task)) throw refused('The name of a task', 'a text that is not empty', task)
  for (const [option, rule, fits] of RULES) {
    const value = options[option]
    if (value !== undefined && !fits(value)) throw refused(`'${option}' of ${of}`, rule, value)
  }
  const { timeLimit, softTimeLimit, retryPolicy } = options
  checkSeconds({ timeLimit, softTimeLimit }, of)
  if (retryPolicy !== undefined) readPublishPolicy(retryPolicy, of)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isByte(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255
}

function refused(what: string, rule: string, value: unknown): RangeError {
  return new RangeError(`${what} must be ${rule}, but it is ${inspect(value)}.`)
}
