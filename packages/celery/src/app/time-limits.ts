/** How long a task may run: which limits count for a call, and the soft one at work. */
import { afterSeconds } from '../after-seconds.ts'
import { SoftTimeLimitExceeded } from '../exceptions.ts'
import type { Settings } from './defaults.ts'

/** Seconds; undefined means without limit. */
export interface TimeLimits {
  readonly hard: number | undefined
  readonly soft: number | undefined
}

/** As options of a task or of a call have them. */
export interface TimeLimitOptions {
  readonly timeLimit?: number | undefined
  readonly softTimeLimit?: number | undefined
}

/** The message's own limits count before those of the task, and these before the settings. 0 is no limit. */
export function timeLimitsOf(
  [hard, soft]: readonly [number | undefined, number | undefined],
  task: TimeLimitOptions,
  conf: Pick<Settings, 'taskTimeLimit' | 'taskSoftTimeLimit'>,
): TimeLimits {
  return {
    hard: hard || (task.timeLimit ?? conf.taskTimeLimit) || undefined,
    soft: soft || (task.softTimeLimit ?? conf.taskSoftTimeLimit) || undefined,
  }
}

/** @throws RangeError for what is no limit. `of` says whose limits they are. */
export function checkSeconds(limits: TimeLimitOptions, of: string): void {
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined || (Number.isFinite(value) && value >= 0)) continue
    throw new RangeError(`'${name}' of ${of} must be a number of seconds, 0 or more, but it is ${value}.`)
  }
}

/** @throws RangeError also for limits that go against each other. */
export function checkTimeLimits({ timeLimit, softTimeLimit }: TimeLimitOptions, of: string): void {
  checkSeconds({ timeLimit, softTimeLimit }, of)
  if (!timeLimit || !softTimeLimit || softTimeLimit <= timeLimit) return
  throw new RangeError(
    `'softTimeLimit' of ${of} must not be more than its 'timeLimit' (${timeLimit}), but it is ${softTimeLimit}.`,
  )
}

/** The soft limit of one run: its signal aborts with SoftTimeLimitExceeded when so many seconds of it have passed. */
export class SoftTimeLimit {
  readonly #seconds: number | undefined
  readonly #controller: AbortController | undefined
  #takeBack = () => {}

  constructor(seconds: number | undefined) {
    this.#seconds = seconds
    this.#controller = seconds === undefined ? undefined : new AbortController()
  }

  /** Aborts with that signal and with this limit. Without a limit it is that signal: a composite one costs a lot. */
  with(signal: AbortSignal): AbortSignal {
    return this.#controller ? AbortSignal.any([signal, this.#controller.signal]) : signal
  }

  start(): void {
    const seconds = this.#seconds
    if (seconds === undefined) return
    this.#takeBack = afterSeconds(seconds, () => this.#controller?.abort(new SoftTimeLimitExceeded(seconds)))
  }

  stop(): void {
    this.#takeBack()
  }
}

/** Much of Node throws an AbortError of its own when a signal aborts: that is the soft limit as well, if it was it. */
export function unwrapSoftTimeLimit(error: unknown, { reason }: AbortSignal): unknown {
  const isAbort = error instanceof Error && error.name === 'AbortError'
  return isAbort && reason instanceof SoftTimeLimitExceeded ? reason : error
}
