/** Where a real server for tests is; without one such tests are skipped at home, and fail in CI. */
export function serviceUrl(variable: 'AMQP_URL' | 'REDIS_URL'): string | undefined {
  return required(variable)
}

/** The Python that has Celery, Kombu and pika, under the same rule. */
export function pythonPath(): string | undefined {
  return required('PYTHON_VENV')
}

function required(variable: string): string | undefined {
  const value = process.env[variable]
  if (value === undefined && process.env.CI) {
    throw new Error(
      `${variable} is not set: in CI the tests on real servers must run. Use npm test, which starts them.`,
    )
  }
  return value
}
