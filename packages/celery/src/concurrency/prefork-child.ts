/**
 * The program of a prefork child. It ends with its parent: what it was running is then delivered again, so
 * finishing it would only do it twice.
 */
import { Worker } from 'node:worker_threads'
import { runChild } from './child-program.ts'
import { programPath } from './program.ts'

/** The pipe of `prefork.ts`, after stdin, stdout, stderr and the IPC channel. */
const WATCHED_FD = 4

// ^C and ^\ reach the whole process group; the parent decides what becomes of its children.
process.on('SIGINT', () => {})
process.on('SIGQUIT', () => {})
process.on('disconnect', () => process.exit(0))
new Worker(programPath('parent-watch'), { workerData: { fd: WATCHED_FD } }).unref()

runChild({
  hear: (listener) => void process.on('message', listener),
  // A parent that is gone hears nothing; `disconnect` says so, and ends this process.
  say: (message) => void process.send?.(message, undefined, undefined, () => {}),
  memory: () => process.memoryUsage.rss() / 1024,
})
