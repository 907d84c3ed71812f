/** The time a worker goes by: the system's, or in a test one that is under control (`testing/test-clock.ts`). */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls once, after at most 2^31-1 milliseconds. Returns the function that takes it back. */
  setTimeout(call: () => void, milliseconds: number): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(call, milliseconds) {
    const timeout = setTimeout(call, milliseconds)
    return () => clearTimeout(timeout)
  },
}
