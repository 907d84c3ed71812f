/** How often, and how long apart, sending is tried again while the broker is away: as a setting, and for one call. */
import type { RetryPolicy } from '@voice-pocket/kombu'
import { duration, fieldsOf, integer, RuleBroken, type SettingValue } from './setting.ts'

const ENDLESS = Number.POSITIVE_INFINITY
const count = integer(3, { min: 0 }, 'How often; null means without end.')

export const PUBLISH_POLICY = {
  maxRetries: { ...count, parse: (value: unknown) => (value === null ? ENDLESS : count.parse(value)) },
  intervalStart: duration(0, 'The first wait.'),
  intervalStep: duration(0.2, 'What each further wait is longer.'),
  intervalMax: duration(1, 'The longest wait.'),
}

/** Times in seconds. */
export type PublishPolicy = {
  readonly [Name in keyof typeof PUBLISH_POLICY]: SettingValue<(typeof PUBLISH_POLICY)[Name]>
}

/** Of one call, in camelCase or snake_case. @throws RangeError which names the field */
export function readPublishPolicy(given: unknown, of = 'a call'): Partial<PublishPolicy> {
  try {
    return fieldsOf(PUBLISH_POLICY, given)
  } catch (error) {
    if (!(error instanceof RuleBroken)) throw error
    throw new RangeError(`'retryPolicy' of ${of} ${error.message}.`, { cause: error })
  }
}

export function inMilliseconds(policy: PublishPolicy): RetryPolicy {
  return {
    maxRetries: policy.maxRetries,
    intervalStartMs: policy.intervalStart * 1000,
    intervalStepMs: policy.intervalStep * 1000,
    intervalMaxMs: policy.intervalMax * 1000,
  }
}
