import { afterSeconds } from '../after-seconds.ts'
import type { Reading } from '../app/measures.ts'
import type { Outcome } from '../app/trace.ts'
import { ImproperlyConfigured, Terminated, TimeLimitExceeded, type WorkerLostError } from '../exceptions.ts'
import type { Accepted, Job } from './base.ts'
import type { Boot, Ended, FromChild, ToChild } from './child-messages.ts'

/** A process or a thread that was started: the little in which the two differ. */
export interface ChildHandle {
  /** What the log calls it. */
  readonly title: string
  /** Process it runs in; 0 when it could not be started. */
  readonly pid: number
  /** Whether it can be spoken to. */
  readonly isOpen: boolean
  /** Goes unheard when it is gone. */
  say(message: ToChild): void
  /** A thread knows no signals: any of them ends it. */
  kill(signal: NodeJS.Signals): void
}

export interface ChildListener {
  onMessage(message: FromChild): void
  /** It is gone, and everything that it said was heard. */
  onGone(how: WorkerLostError): void
}

/** Starts a process or a thread whose program is `runChild`. */
export type Spawn = (listener: ChildListener) => ChildHandle

interface Running {
  readonly job: Job
  readonly onAccepted: (accepted: Accepted) => void
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: Error) => void
  /** Takes back its hard time limit. */
  stopTimer: () => void
}

/** One child as its pool sees it: it boots, runs one job at a time, and some day it is gone. */
export class Child {
  /** Resolves when it can run jobs; rejects when it cannot load the app, or dies before it could. */
  readonly ready: Promise<void>
  /** Resolves when it is gone; never rejects. */
  readonly gone: Promise<void>
  /** How many jobs it has run, and how much memory it used after the last one, in KiB. */
  jobsRun = 0
  memory = 0
  /** What the app measures in it. */
  readings: readonly Reading[] = []
  readonly #handle: ChildHandle
  readonly #ready = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<void>()
  #running: Running | undefined
  /** Why we ended it, if we did. */
  #ended: Terminated | TimeLimitExceeded | undefined
  #isLeaving = false
  #isGone = false

  constructor(boot: Boot, spawn: Spawn) {
    this.ready = this.#ready.promise
    this.gone = this.#gone.promise
    this.#handle = spawn({
      onMessage: (message) => this.#hear(message),
      onGone: (how) => this.#endAll(how),
    })
    this.#handle.say(boot)
  }

  get title(): string {
    return this.#handle.title
  }

  get pid(): number {
    return this.#handle.pid
  }

  /** Whether it can run jobs, now or when it has booted. */
  get isAvailable(): boolean {
    return this.#handle.isOpen && !this.#isGone && !this.#isLeaving && this.#ended === undefined
  }

  run(job: Job, onAccepted: (accepted: Accepted) => void): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#running = { job, onAccepted, resolve, reject, stopTimer: () => {} }
      this.#handle.say({ kind: 'run', job })
    })
  }

  /**
   * Asks its job to give up; ends the child when the job has not done so after `graceMs`, and kills it when
   * it still lives after as long again: an app that handles the signal in a loop that blocks never hears it.
   */
  cancel(signal: NodeJS.Signals, graceMs: number): void {
    const running = this.#running
    if (running === undefined) return
    const endIfStillThere = (how: NodeJS.Signals) => {
      if (this.#running === running) this.end(how)
    }
    this.#handle.say({ kind: 'cancel' })
    setTimeout(() => {
      endIfStillThere(signal)
      setTimeout(endIfStillThere, graceMs, 'SIGKILL').unref()
    }, graceMs).unref()
  }

  /** Ends it, whatever it does. Its job, if any, rejects with the reason. */
  end(signal: NodeJS.Signals, reason: Terminated | TimeLimitExceeded = new Terminated(signal)): void {
    this.#ended ??= reason
    if (!this.#isGone) this.#handle.kill(signal)
  }

  /** Has it end by itself; for a child without a job. */
  leave(): void {
    this.#isLeaving = true
    this.#handle.say({ kind: 'leave' })
  }

  #hear(message: FromChild): void {
    if (message.kind === 'ready') this.#ready.resolve()
    else if (message.kind === 'accepted') this.#begin()
    else if (message.kind !== 'unfit') this.#finish(message)
    else {
      this.leave()
      this.#ready.reject(new ImproperlyConfigured(message.reason))
    }
  }

  #begin(): void {
    const running = this.#running
    if (running === undefined) return
    const { hard } = running.job.limits
    if (hard !== undefined) {
      running.stopTimer = afterSeconds(hard, () => this.end('SIGKILL', new TimeLimitExceeded(hard)))
    }
    running.onAccepted({ pid: this.pid })
  }

  #finish(ended: Ended): void {
    const running = this.#running
    this.#running = undefined
    this.jobsRun += 1
    this.memory = ended.memory
    this.readings = ended.readings ?? this.readings
    running?.stopTimer()
    if (ended.kind === 'done') running?.resolve(ended.outcome)
    else running?.reject(new Error(ended.reason))
  }

  #endAll(how: WorkerLostError): void {
    const error = this.#ended ?? how
    this.#isGone = true
    this.#ready.reject(error)
    this.#running?.stopTimer()
    this.#running?.reject(error)
    this.#running = undefined
    this.#gone.resolve()
  }
}
