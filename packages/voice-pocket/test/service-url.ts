/** Where a real server for tests is; without one such tests are skipped at home, and fail in CI. */
export function serviceUrl(variable: 'AMQP_URL' | 'REDIS_URL'): string | undefined {
  const url = process.env[variable]
  if (url === undefined && process.env.CI) {
    throw new Error(
      `${variable} is not set: in CI the tests on real servers must run. Use npm test, which starts them.`,
    )
  }
  return url
}
