const ISO_8601 =
  /^(?<date>\d{4}-\d\d-\d\d)(?:[T ](?<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?<offset>[zZ]|[+-]\d\d(?::?\d\d)?)?)?$/

/** Milliseconds since the epoch; a time without an offset is UTC, as Celery has it. NaN if it is no time. */
export function parseTime(iso: string): number {
  const { date = '', time = '00:00', offset = 'Z' } = ISO_8601.exec(iso)?.groups ?? {}
  if (!isDay(date)) return Number.NaN
  return Date.parse(`${date}T${time}${/^[+-]\d\d$/.test(offset) ? `${offset}:00` : offset}`)
}

/** `Date.parse` takes the 30th of February for the 2nd of March. */
function isDay(date: string): boolean {
  const time = Date.parse(`${date}T00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date)
}
