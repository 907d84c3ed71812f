/** An identity provider on a port of its own: discovery, keys that can be rotated, and the tokens it signs. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export const AUDIENCE = 'voice-pocket'

export async function startIdentityProvider(t: TestContext) {
  const published: JWK[] = []
  const asked: string[] = []
  let isAway = false
  let made = 0
  const server = createServer((request, response) => {
    asked.push(String(request.url))
    if (isAway) return response.writeHead(503).end()
    const document = { issuer, jwks_uri: `${issuer}/keys` }
    const isKeys = request.url === '/keys'
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(isKeys ? { keys: published } : document))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  /** A new key to sign with; published unless told otherwise. */
  const newKey = async (alg = 'RS256', { publish = true } = {}) => {
    const { publicKey, privateKey } = await generateKeyPair(alg)
    made += 1
    const kid = `key-${made}`
    const jwk = { ...(await exportJWK(publicKey)), kid, alg }
    if (publish) published.push(jwk)
    return { kid, alg, privateKey, jwk }
  }
  const first = await newKey()
  const claims = { sub: 'person-1', email: 'minji@example.com', iss: issuer, aud: AUDIENCE }
  /** A good token, but for the changes; `undefined` leaves a claim out. */
  const sign = (
    changes: Record<string, unknown> = {},
    { kid, alg, privateKey }: { kid?: string; alg: string; privateKey: CryptoKey | Uint8Array } = first,
  ) => {
    const now = Math.floor(Date.now() / 1000)
    const all = { iat: now, exp: now + 300, ...claims, ...changes }
    return new SignJWT(all).setProtectedHeader({ alg, ...(kid && { kid }) }).sign(privateKey)
  }
  return {
    issuer,
    published,
    asked,
    newKey,
    sign,
    firstKey: first,
    goAway: (away: boolean) => {
      isAway = away
    },
  }
}
