import type { Context } from 'hono'
import type { Caller } from '../access/access.ts'
import type { Asker } from '../access/guarded-speech.ts'
import type { Meter } from '../access/meter.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** Who asks; admission.ts sets it before any route runs, except of the public ones. */
    caller?: Caller
    meter?: Meter
  }
}

/** Who asks: what routes give to `mayActFor` and `assertMayActFor`. */
export function callerOf(context: Context): Caller {
  return askerOf(context).caller
}

/** Who asks, and what they have left: `meter.spend('characters', …)` before something that costs. */
export function askerOf(context: Context): Asker & { readonly meter: Meter } {
  const { caller, meter } = context.var
  if (!caller || !meter) throw new TypeError(`${context.req.path} is public: nobody was asked who they are`)
  return { caller, meter }
}
