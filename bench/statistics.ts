export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/** The smallest value that so many per cent of all are not above. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN
}

/** Three digits that mean something: 0.0123, 1.23, 12.3, 123, 12300. */
export function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)))
}
