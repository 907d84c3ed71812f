const UNITS = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000, y: 365 * 86_400_000 } as const

export const EXPIRY_RULE = 'a time to come, such as 12h, 90d, 8w, 1y, 2027-01-31 or 2027-01-31T18:00:00Z'

/** `undefined` when the text breaks `EXPIRY_RULE`. A day alone ends as it begins, in UTC. */
export function parseExpiry(text: string, now: number): Date | undefined {
  const [, count, unit] = /^([1-9]\d{0,4})([hdwy])$/.exec(text) ?? []
  const isDate = /^\d{4}-\d\d-\d\d(T.+)?$/.test(text)
  const time = unit
    ? now + Number(count) * UNITS[unit as keyof typeof UNITS]
    : isDate
      ? Date.parse(text)
      : NaN
  return time > now ? new Date(time) : undefined
}
