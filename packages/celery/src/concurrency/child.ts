import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Outcome } from '../app/trace.ts'
import { ImproperlyConfigured, Terminated, WorkerLostError } from '../exceptions.ts'
import type { Accepted, Job } from './base.ts'
import type { Boot, FromChild, ToChild } from './prefork-messages.ts'

const PROGRAM = fileURLToPath(new URL('./prefork-child.ts', import.meta.url))

interface Running {
  readonly onAccepted: (accepted: Accepted) => void
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: Error) => void
}

/** One child process as its parent sees it: it boots, runs one job at a time, and some day it is gone. */
export class Child {
  /** Resolves when it can run jobs; rejects when it cannot load the app, or dies before it could. */
  readonly ready: Promise<void>
  /** Resolves when the process is gone; never rejects. */
  readonly gone: Promise<void>
  readonly #process: ChildProcess
  #running: Running | undefined
  /** Why we ended it, if we did. */
  #ended: Terminated | undefined
  #isGone = false

  constructor(boot: Boot, env: NodeJS.ProcessEnv) {
    this.#process = fork(PROGRAM, { env, serialization: 'advanced' })
    const ready = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<void>()
    this.ready = ready.promise
    this.gone = gone.promise
    this.#process.on('message', (message: FromChild) => {
      if (message.kind === 'ready') ready.resolve()
      else if (message.kind === 'unfit') ready.reject(new ImproperlyConfigured(message.reason))
      else this.#hear(message)
    })
    const onGone = (how: string) => {
      this.#isGone = true
      const lost = this.#ended ?? new WorkerLostError(`Worker exited prematurely: ${how}.`)
      ready.reject(lost)
      this.#running?.reject(lost)
      this.#running = undefined
      gone.resolve()
    }
    this.#process.on('exit', (code, signal) => {
      const how = signal ? `signal ${signal}` : `exitcode ${code}`
      // Its last words may still be in the channel: how a job ended, or why it cannot load the app.
      if (this.#process.connected) this.#process.once('disconnect', () => onGone(how))
      else onGone(how)
    })
    this.#process.on('error', (error) => {
      if (this.#process.pid === undefined) onGone(error.message)
    })
    this.#say(boot)
  }

  /** 0 when it could not be started. */
  get pid(): number {
    return this.#process.pid ?? 0
  }

  get isAlive(): boolean {
    return this.#process.connected && !this.#isGone && this.#ended === undefined
  }

  run(job: Job, onAccepted: (accepted: Accepted) => void): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#running = { onAccepted, resolve, reject }
      this.#say({ kind: 'run', job })
    })
  }

  /**
   * Asks its job to give up; ends the process when the job has not done so after `graceMs`, and kills it when
   * it still lives after as long again: an app that handles the signal in a loop that blocks never hears it.
   */
  cancel(signal: NodeJS.Signals, graceMs: number): void {
    const job = this.#running
    if (job === undefined) return
    const endIfStillThere = (how: NodeJS.Signals) => {
      if (this.#running === job) this.end(how)
    }
    this.#say({ kind: 'cancel' })
    setTimeout(() => {
      endIfStillThere(signal)
      setTimeout(endIfStillThere, graceMs, 'SIGKILL').unref()
    }, graceMs).unref()
  }

  /** Ends the process. Its job, if any, rejects with Terminated. */
  end(signal: NodeJS.Signals): void {
    this.#ended ??= new Terminated(signal)
    if (!this.#isGone) this.#process.kill(signal)
  }

  #hear(message: Exclude<FromChild, { kind: 'ready' | 'unfit' }>): void {
    const running = this.#running
    if (message.kind === 'accepted') {
      running?.onAccepted({ pid: this.pid })
      return
    }
    this.#running = undefined
    if (message.kind === 'done') running?.resolve(message.outcome)
    else running?.reject(new Error(message.reason))
  }

  /** A child that is gone hears nothing: its `exit` settles whatever waits for it. */
  #say(message: ToChild): void {
    if (this.#process.connected) this.#process.send(message, () => {})
  }
}
