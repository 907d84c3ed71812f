import { randomUUID } from 'node:crypto'

/** A new random identifier (version 4), in the form Python's `str(uuid4())` has. */
export function uuid(): string {
  return randomUUID()
}
