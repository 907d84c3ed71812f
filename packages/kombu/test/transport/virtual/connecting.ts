/** What a connection is opened with, and what is sent over it, where neither matters. */
export const options = {
  connectTimeoutMs: 1_000,
  heartbeat: 0,
  name: 'test',
  transportOptions: {},
  tls: {},
  isTlsRequired: false,
  loginMethod: 'PLAIN',
} as const
export const payload = {
  body: Buffer.from('x'),
  contentType: undefined,
  contentEncoding: undefined,
  headers: {},
  properties: {},
}
