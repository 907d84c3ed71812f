/** How much of something a caller may have within a time, and how that is written. */

export const QUOTA_UNITS = ['requests', 'characters'] as const
export type QuotaUnit = (typeof QUOTA_UNITS)[number]

export interface Quota {
  readonly unit: QuotaUnit
  readonly limit: number
  /** The window begins with the first use, and the next one with the first use after its end. */
  readonly windowSeconds: number
}

const WINDOWS = { second: 1, minute: 60, hour: 3_600, day: 86_400 } as const

export const QUOTA_RULE =
  'none, or a list such as requests=60/minute,characters=100000/day: requests or characters, a whole number above 0, ' +
  'and second, minute, hour or day'

/** `undefined` when the text breaks `QUOTA_RULE`. `none` gives none. */
export function parseQuotas(text: string): readonly Quota[] | undefined {
  if (text === 'none') return []
  const quotas = text.split(',').map((part) => parseQuota(part.trim()))
  return quotas.every((quota) => quota !== undefined) ? quotas : undefined
}

export function printQuotas(quotas: readonly Quota[]): string {
  return quotas.map(printQuota).join(',') || 'none'
}

function parseQuota(text: string): Quota | undefined {
  const [, name, digits, window] = /^([a-z]+)=([1-9]\d{0,14})\/([a-z]+)$/.exec(text) ?? []
  const unit = QUOTA_UNITS.find((each) => each === name)
  const windowSeconds = Object.entries(WINDOWS).find(([each]) => each === window)?.[1]
  if (unit === undefined || windowSeconds === undefined) return undefined
  return { unit, limit: Number(digits), windowSeconds }
}

function printQuota({ unit, limit, windowSeconds }: Quota): string {
  const window = Object.entries(WINDOWS).find(([, seconds]) => seconds === windowSeconds)?.[0]
  return `${unit}=${limit}/${window}`
}
