/** One thing that must work, and what to do when it does not. */
export interface Check {
  readonly name: string
  readonly remedy: string
  /** Resolves with what was seen, for people; rejects when it does not work. */
  run(signal: AbortSignal): Promise<string>
}

export interface CheckResult {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  /** Only when it is not ok. */
  readonly remedy?: string
}

/** All at the same time; each that has no answer after `timeoutMs` counts as broken. Never rejects. */
export function runChecks(checks: readonly Check[], timeoutMs: number): Promise<CheckResult[]> {
  return Promise.all(checks.map((check) => runCheck(check, timeoutMs)))
}

async function runCheck({ name, remedy, run }: Check, timeoutMs: number): Promise<CheckResult> {
  const signal = AbortSignal.timeout(timeoutMs)
  const overdue = Promise.withResolvers<never>()
  const onTimeout = () => overdue.reject(new Error(`no answer within ${timeoutMs} ms`))
  signal.addEventListener('abort', onTimeout, { once: true })
  try {
    return { name, ok: true, detail: await Promise.race([run(signal), overdue.promise]) }
  } catch (error) {
    return { name, ok: false, detail: withCauses(error), remedy }
  } finally {
    signal.removeEventListener('abort', onTimeout)
  }
}

/** "The broker cannot be reached" is half of the story; "connection refused" is the other, unless it is told already. */
function withCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  let story = error.message
  for (let { cause } = error; cause instanceof Error; { cause } = cause) {
    if (!story.includes(cause.message)) story += ` (${cause.message})`
  }
  return story
}
