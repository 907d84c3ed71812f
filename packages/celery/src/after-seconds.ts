/** `setTimeout` takes no longer wait than this (about 24 days); what is farther away is looked at again then. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** Calls once, when so many seconds have passed. Returns the function that takes it back; twice is fine. */
export function afterSeconds(seconds: number, call: () => void): () => void {
  let timeout: NodeJS.Timeout
  const wait = (leftMs: number) => {
    if (leftMs <= LONGEST_WAIT_MS) timeout = setTimeout(call, leftMs)
    else timeout = setTimeout(wait, LONGEST_WAIT_MS, leftMs - LONGEST_WAIT_MS)
  }
  wait(seconds * 1000)
  return () => clearTimeout(timeout)
}
