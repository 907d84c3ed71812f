import { OperationalError } from '@voice-pocket/kombu'
import { abortable } from '../backends/abortable.ts'
import type { TaskCall } from './protocol.ts'

/** @throws OperationalError after so many seconds: what is under way by then may still arrive. */
export async function publishWithin(
  seconds: number | undefined,
  { task, id }: TaskCall,
  publish: (signal: AbortSignal | undefined) => Promise<void>,
): Promise<void> {
  if (seconds === undefined) return publish(undefined)
  const signal = AbortSignal.timeout(seconds * 1000)
  try {
    await abortable(publish(signal), signal)
  } catch (cause) {
    if (!signal.aborted) throw cause
    throw new OperationalError(
      `The broker did not confirm ${task}[${id}] within ${seconds} seconds. It may have the message or not: ` +
        'look for its result before you send it again, or wait longer with a larger timeout.',
      { cause },
    )
  }
}
