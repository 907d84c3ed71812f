import { Worker } from 'node:worker_threads'
import { WorkerLostError } from '../exceptions.ts'
import type { ChildHandle, ChildListener } from './child.ts'
import type { ToChild } from './child-messages.ts'
import { ChildPool, type ChildPoolOptions } from './child-pool.ts'
import { programPath } from './program.ts'

const PROGRAM = programPath('threads-child')

/**
 * Threads of this process: cheaper than child processes and as good for tasks that compute. A thread can be ended
 * as well; but native code that crashes takes the whole worker with it.
 */
export class ThreadsPool extends ChildPool {
  constructor(options: ChildPoolOptions) {
    super(
      'celery.concurrency.thread:TaskPool',
      options,
      (listener) => new ThreadHandle(options.env, listener),
    )
  }
}

class ThreadHandle implements ChildHandle {
  readonly title: string
  readonly pid = process.pid
  readonly #thread: Worker
  #isOpen = true

  constructor(env: NodeJS.ProcessEnv, { onMessage, onGone }: ChildListener) {
    const thread = new Worker(PROGRAM, { env })
    this.#thread = thread
    this.title = `Thread ${thread.threadId}`
    let error: Error | undefined
    thread.on('message', onMessage)
    thread.on('error', (thrown) => {
      error = thrown
    })
    thread.on('exit', (code) => {
      this.#isOpen = false
      const how = error ? String(error) : `exitcode ${code}`
      onGone(new WorkerLostError(`Worker exited prematurely: ${how}.`, { cause: error }))
    })
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  say(message: ToChild): void {
    this.#thread.postMessage(message)
  }

  kill(): void {
    void this.#thread.terminate()
  }
}
