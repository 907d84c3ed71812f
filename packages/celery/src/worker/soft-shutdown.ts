import { setTimeout as sleep } from 'node:timers/promises'

export interface SoftShutdownVerbs {
  /** Takes no more messages. */
  readonly quiet: () => Promise<void>
  /** The warm shutdown. */
  readonly finish: () => Promise<void>
  /** Wait the time out also when nothing runs: held tasks may begin in it. */
  readonly onIdle: boolean
}

/** Returns when what runs has ended, or after so many seconds, whichever is first. */
export async function softly(seconds: number, { quiet, finish, onIdle }: SoftShutdownVerbs): Promise<void> {
  const over = new AbortController()
  const time = sleep(seconds * 1000, undefined, { signal: over.signal }).catch(() => {})
  if (onIdle) {
    await quiet()
    await time
    return
  }
  await Promise.race([finish(), time])
  over.abort()
}
