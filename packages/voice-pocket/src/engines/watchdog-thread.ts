/** The thread of a Watchdog: a timer for each sentence that is being spoken. */
import { writeSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'

interface Order {
  readonly id: number
  /** Without it, what was watched is over. */
  readonly endMs?: number
  readonly last?: string
}

const timers = new Map<number, NodeJS.Timeout>()

parentPort?.on('message', ({ id, endMs, last = '' }: Order) => {
  clearTimeout(timers.get(id))
  timers.delete(id)
  if (endMs === undefined) return
  timers.set(
    id,
    setTimeout(() => {
      writeSync(2, last) // the streams of this thread go through the one that is held
      process.kill(process.pid, 'SIGKILL')
    }, endMs),
  )
})
