import { type ServerVariable, serverOfLane } from '../../../scripts/services/lanes.ts'

/** What the address of a real service is, where there is one; in CI there must be. */
export function serviceFrom(variable: ServerVariable | 'PYTHON_VENV' | 'CHROMIUM'): {
  value: string
  skip: string | false
} {
  const isServer = variable === 'AMQP_URL' || variable === 'REDIS_URL'
  const value = (isServer ? serverOfLane(variable) : process.env[variable]) ?? ''
  if (value === '' && process.env.CI === 'true') {
    throw new Error(
      `${variable} is not set: in CI nothing is left out. Run the tests through scripts/test-services.ts.`,
    )
  }
  return { value, skip: value === '' && `${variable} is not set; \`npm test\` runs this` }
}
