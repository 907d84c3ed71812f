/** https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ */
import type { MiddlewareHandler } from 'hono'
import type { Standing } from '../access/meter.ts'
import type { Quota } from '../access/quota.ts'

/** Every answer to somebody with quotas tells them, and how those stand that the request drew on. */
export const quotaHeaders: MiddlewareHandler = async (context, next) => {
  await next()
  const { meter } = context.var
  if (!meter || meter.quotas.length === 0) return
  context.header('RateLimit-Policy', meter.quotas.map(writePolicy).join(', '))
  if (meter.standings.length > 0) context.header('RateLimit', meter.standings.map(writeStanding).join(', '))
}

function writePolicy(quota: Quota): string {
  const unit = quota.unit === 'requests' ? '' : `;qu="${quota.unit}"` // requests are the draft's own default
  return `"${nameOf(quota)}";q=${quota.limit}${unit};w=${quota.windowSeconds}`
}

function writeStanding({ quota, remaining, resetsInSeconds }: Standing): string {
  return `"${nameOf(quota)}";r=${remaining};t=${resetsInSeconds}`
}

function nameOf({ unit, windowSeconds }: Quota): string {
  return `${unit}-${windowSeconds}`
}
