/**
 * The program of a prefork child. It ends with its parent: what it was running is then delivered again, so
 * finishing it would only do it twice.
 */
import { runChild } from './child-program.ts'

// ^C and ^\ reach the whole process group; the parent decides what becomes of its children.
process.on('SIGINT', () => {})
process.on('SIGQUIT', () => {})
process.on('disconnect', () => process.exit(0))

runChild({
  hear: (listener) => void process.on('message', listener),
  // A parent that is gone hears nothing; `disconnect` says so, and ends this process.
  say: (message) => void process.send?.(message, undefined, undefined, () => {}),
  memory: () => process.memoryUsage.rss() / 1024,
})
