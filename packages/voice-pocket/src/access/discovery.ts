import * as z from 'zod'
import { IdentityUnavailableError } from '../exceptions.ts'

const documentSchema = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

/**
 * Where an issuer publishes its keys: https://openid.net/specs/openid-connect-discovery-1_0.html
 * Rejects IdentityUnavailableError.
 */
export async function findKeySet(issuer: string, timeoutMs: number): Promise<URL> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(timeoutMs) })
    if (!response.ok) throw new Error(`the answer was ${response.status}`)
    const document = documentSchema.parse(await response.json())
    if (document.issuer === issuer) return new URL(document.jwks_uri)
    throw new Error(`it says that its issuer is ${document.issuer}, and its tokens will say the same`)
  } catch (cause) {
    throw new IdentityUnavailableError(
      `${address} does not tell where the keys are: ${(cause as Error).message}. Correct VOICE_POCKET_OIDC_ISSUER, ` +
        'or set VOICE_POCKET_OIDC_JWKS_URL.',
      { cause },
    )
  }
}
