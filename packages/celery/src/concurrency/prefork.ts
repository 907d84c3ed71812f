import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { WorkerLostError } from '../exceptions.ts'
import type { ChildHandle, ChildListener } from './child.ts'
import type { ToChild } from './child-messages.ts'
import { ChildPool, type ChildPoolOptions } from './child-pool.ts'
import { programPath } from './program.ts'

const PROGRAM = programPath('prefork-child')

/** Child processes: a task may block, crash or be killed there without harm to anything else. */
export class PreforkPool extends ChildPool {
  constructor(options: ChildPoolOptions) {
    super(
      'celery.concurrency.prefork:TaskPool',
      options,
      (listener) => new ProcessHandle(options.env, listener),
    )
  }
}

class ProcessHandle implements ChildHandle {
  readonly #process: ChildProcess

  constructor(env: NodeJS.ProcessEnv, { onMessage, onGone }: ChildListener) {
    const child = fork(PROGRAM, {
      env,
      serialization: 'advanced',
      stdio: ['inherit', 'inherit', 'inherit', 'ipc', 'pipe'],
    })
    this.#process = child
    const watched = child.stdio[4] as Socket | null | undefined // what `parent-watch.ts` has the other end of
    watched?.on('error', () => {}).unref()
    child.on('message', onMessage)
    child.on('exit', (code, signal) => {
      const how = signal ? `signal ${signal}` : `exitcode ${code}`
      const gone = () => onGone(new WorkerLostError(`Worker exited prematurely: ${how}.`))
      // Its last words may still be in the channel: how a job ended, or why it cannot load the app.
      if (child.connected) child.once('disconnect', gone)
      else gone()
    })
    child.on('error', (cause) => {
      if (child.pid === undefined)
        onGone(new WorkerLostError(`Worker did not start: ${cause.message}`, { cause }))
    })
  }

  get title(): string {
    return `Child ${this.pid}`
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  get isOpen(): boolean {
    return this.#process.connected
  }

  say(message: ToChild): void {
    if (this.#process.connected) this.#process.send(message, () => {})
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }
}
