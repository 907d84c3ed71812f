/** Time zones by their IANA names, from what Node knows of them. */

/** Whether there is such a time zone. */
export function isTimeZone(name: unknown): name is string {
  if (typeof name !== 'string' || name === '') return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

const SIZES = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

/** The beginning of the second, minute, hour or day that a moment is in, where the time zone has it. */
export function floorTo(at: number, unit: keyof typeof SIZES, timezone: string): number {
  const offset = offsetAt(at, timezone)
  const wall = Math.floor((at + offset) / SIZES[unit]) * SIZES[unit]
  const start = wall - offset
  return start + offset - offsetAt(start, timezone) // the clocks were changed since
}

/** What is added to UTC, in milliseconds. */
function offsetAt(at: number, timezone: string): number {
  const parts = Object.fromEntries(
    formatOf(timezone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  ) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>
  const { year, month, day, hour, minute, second } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    })
    formats.set(timezone, format)
  }
  return format
}
