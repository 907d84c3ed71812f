/** Long enough for a busy machine. */
const DEADLINE_MS = 30_000

/** The promise's outcome, or an error that says what did not happen: a test that waits in vain must still clean up. */
export async function within<T>(promise: Promise<T>, describe: () => string): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`In ${DEADLINE_MS / 1000} s: ${describe()}`)), DEADLINE_MS)
  try {
    return await Promise.race([promise, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
