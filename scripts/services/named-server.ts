import { expectAnswer, type Greeting } from './answer.ts'
import { ServiceError } from './service.ts'

/** Checks a server that the caller named in an environment variable, instead of starting one. */
export async function expectNamedServer(
  variable: string,
  value: string,
  greeting: Greeting,
  signal: AbortSignal,
): Promise<void> {
  if (!URL.canParse(value)) throw new ServiceError(`${variable} is not a URL; correct it, or unset it.`)
  const url = new URL(value)
  try {
    await expectAnswer(url, greeting, signal)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message || cause.name : String(cause)
    throw new ServiceError(
      `${variable} names ${url.host}, which does not answer (${why}). Start that server, or unset ${variable} to use a private one.`,
      { cause },
    )
  }
}
