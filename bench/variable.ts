/** Where a service is, as `scripts/test-services.ts` says. */
export function variable(name: string, benchmark: string): string {
  const value = process.env[name]
  if (value) return value
  throw new Error(`${name} is not set. Run: node scripts/test-services.ts node bench/${benchmark}.ts`)
}
