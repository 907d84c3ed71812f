import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ImproperlyConfigured } from '../exceptions.ts'
import { Autoscaler, type AutoscalerParts } from './autoscale.ts'

/** Celery's own default, in seconds. */
const KEEPALIVE = 30

/** For how many milliseconds a pool that grew stays so: `AUTOSCALE_KEEPALIVE` in the environment, in seconds. */
export function keepaliveOf({ AUTOSCALE_KEEPALIVE: text }: NodeJS.ProcessEnv): number {
  const seconds = text === undefined || text === '' ? KEEPALIVE : Number(text)
  if (seconds > 0) return seconds * 1000
  throw new ImproperlyConfigured(
    `AUTOSCALE_KEEPALIVE is '${text}'; it must be a number of seconds, more than 0.`,
  )
}

/** @param path of a module that exports an `Autoscaler`; empty means ours */
export async function createAutoscaler(path: string, parts: AutoscalerParts): Promise<Autoscaler> {
  try {
    const Class = path === '' ? Autoscaler : await autoscalerIn(path)
    return new Class(parts)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new ImproperlyConfigured(`Autoscale: ${cause.message}`, { cause })
  }
}

async function autoscalerIn(path: string): Promise<typeof Autoscaler> {
  const module = await import(pathToFileURL(resolve(path)).href).catch((cause: unknown) => {
    throw new ImproperlyConfigured(`'workerAutoscaler' ${path} cannot be imported: ${String(cause)}`, {
      cause,
    })
  })
  if (typeof module.Autoscaler === 'function') return module.Autoscaler
  throw new ImproperlyConfigured(
    `The module ${path}, named in 'workerAutoscaler', exports no class 'Autoscaler'.`,
  )
}
