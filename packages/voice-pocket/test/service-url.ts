import { type ServerVariable, serverOfLane } from '../../../scripts/services/lanes.ts'

/** Where a real server for tests is; without one such tests are skipped at home, and fail in CI. */
export function serviceUrl(variable: ServerVariable): string | undefined {
  return required(variable, serverOfLane(variable))
}

/** The Python that has Celery, Kombu and pika, under the same rule. */
export function pythonPath(): string | undefined {
  return required('PYTHON_VENV', process.env.PYTHON_VENV)
}

function required(variable: string, value: string | undefined): string | undefined {
  if (value === undefined && process.env.CI) {
    throw new Error(
      `${variable} is not set: in CI the tests on real servers must run. Use npm test, which starts them.`,
    )
  }
  return value
}
