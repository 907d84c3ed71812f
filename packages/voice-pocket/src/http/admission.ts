import type { Context, MiddlewareHandler } from 'hono'
import type { Admission } from '../access/authenticator.ts'
import type { Gate } from '../access/gate.ts'
import { isLoopbackName } from '../access/loopback.ts'
import type { Meter } from '../access/meter.ts'
import { VoicePocketError } from '../exceptions.ts'
import { HttpProblem } from './errors.ts'

export interface AdmissionOptions {
  readonly gate: Gate
  /** Of what somebody who was let in has left. */
  meterOf(admission: Admission): Meter
  /** Whether pages of this origin may call. */
  allowsOrigin(origin: string): boolean
}

/** What everybody may see: nothing here tells of anybody's speech, or of more than that the service is there. */
const PUBLIC = /^\/(healthz|openapi\.json|docs(\/.*)?)?$/
/** Public too; those who are let in see more. */
const READINESS = '/readyz'
/** Numbers of everybody's doings: only for those who act for everybody. */
const METRICS = '/metrics'

/** Lets nobody pass who is not known, and says to the routes who it is. What is not public by name is not public. */
export function admission(options: AdmissionOptions): MiddlewareHandler {
  return async (context, next) => {
    const { path } = context.req
    if (PUBLIC.test(path)) return next()
    const admitted = path === READINESS ? await admitQuietly(context, options) : await admit(context, options)
    if (admitted) {
      context.set('caller', admitted.caller)
      context.set('meter', options.meterOf(admitted))
    }
    if (path === METRICS && admitted?.caller.emails !== 'any') {
      throw new HttpProblem(403, 'forbidden', 'The numbers are of all callers; use a key of a service.')
    }
    if (path !== READINESS) await context.var.meter?.spend('requests', 1)
    return next()
  }
}

async function admit(context: Context, { gate, allowsOrigin }: AdmissionOptions): Promise<Admission> {
  const admitted = await gate.admit(readCredential(context))
  if (admitted.caller.kind === 'open' && gate.mode !== 'off') assertFromThisMachine(context, allowsOrigin)
  return admitted
}

/** A probe is answered whoever it is, and whatever is away. */
async function admitQuietly(context: Context, options: AdmissionOptions): Promise<Admission | undefined> {
  try {
    return await admit(context, options)
  } catch (error) {
    if (error instanceof VoicePocketError || error instanceof HttpProblem) return undefined
    throw error
  }
}

/** `Authorization: Bearer …` (RFC 6750) or `X-API-Key: …`; other schemes are meant for a gateway in front. */
function readCredential({ req }: Context): string | undefined {
  const [, token] = /^bearer +(\S+)$/i.exec(req.header('authorization')?.trim() ?? '') ?? []
  const key = req.header('x-api-key')?.trim()
  if (token === undefined || key === undefined || token === key) return token ?? key
  const detail = 'Authorization and X-API-Key are two different credentials; send one of them.'
  throw new HttpProblem(400, 'invalid_request', detail)
}

/**
 * An open API is for programs of this machine, and every web page its browser shows is one. Pages of other sites show
 * by the host they call, or by where they come from.
 */
function assertFromThisMachine({ req }: Context, allowsOrigin: (origin: string) => boolean): void {
  const { hostname, host } = new URL(req.url)
  if (!isLoopbackName(hostname)) {
    const detail =
      `Without API keys only this machine is served, under its own name, and ${hostname} is another. ` +
      'Create a key, or set VOICE_POCKET_AUTHENTICATION to off where a gateway asks who callers are.'
    throw new HttpProblem(403, 'forbidden', detail)
  }
  const origin = req.header('origin')
  if (origin === undefined || ['GET', 'HEAD'].includes(req.method) || allowsOrigin(origin)) return
  if (URL.canParse(origin) && new URL(origin).host === host) return
  const detail = `Pages of ${origin} may not call; VOICE_POCKET_CORS_ORIGINS says which may.`
  throw new HttpProblem(403, 'forbidden', detail)
}
