import type { Context } from 'hono'
import { type Caller, OPEN_CALLER } from '../access/access.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** Who asks; set before any route runs. */
    caller?: Caller
  }
}

/** Who asks: what routes give to `mayActFor` and `assertMayActFor`. */
export function callerOf(context: Context): Caller {
  return context.get('caller') ?? OPEN_CALLER
}
