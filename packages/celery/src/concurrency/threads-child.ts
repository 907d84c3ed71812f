/** The program of a thread of the pool `threads`. */
import { parentPort } from 'node:worker_threads'
import { runChild } from './child-program.ts'

runChild({
  hear: (listener) => void parentPort?.on('message', listener),
  say: (message) => parentPort?.postMessage(message),
  memory() {
    // The resident memory is that of all threads together; these two are the thread's own.
    const { heapTotal, external } = process.memoryUsage()
    return (heapTotal + external) / 1024
  },
})
