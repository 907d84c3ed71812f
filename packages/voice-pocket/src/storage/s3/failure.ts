/** What S3, or the way to it, says when something does not work, for people. */
import { S3ServiceException } from '@aws-sdk/client-s3'
import { StorageError } from '../../exceptions.ts'

const PERMISSION =
  'Let these credentials read, write, delete and list there; docs/storage.md has a policy to copy'
const CREDENTIALS =
  'Correct the credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), AWS_PROFILE, or the role of the machine'
const REGION = "Name the bucket's own region in the URL of the storage: ?region="
const REACH = 'Check that the server is up and can be reached from here under the endpoint of the storage'

const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['NoSuchBucket', 'Create the bucket, or correct VOICE_POCKET_STORAGE'],
  ['AccessDenied', PERMISSION],
  ['AllAccessDisabled', PERMISSION],
  ['InvalidAccessKeyId', CREDENTIALS],
  ['SignatureDoesNotMatch', CREDENTIALS],
  ['ExpiredToken', CREDENTIALS],
  ['InvalidToken', CREDENTIALS],
  ['CredentialsProviderError', CREDENTIALS],
  ['PermanentRedirect', REGION],
  ['AuthorizationHeaderMalformed', REGION],
  ['RequestTimeTooSkewed', 'Set the clock of this machine'],
  ['NotImplemented', 'The server does not know this request; use another one, or a newer version of it'],
])

/** An answer to HEAD has no body that could say more than its status. */
const STATUS_REMEDIES: ReadonlyMap<number | undefined, string> = new Map([
  [301, REGION],
  [401, CREDENTIALS],
  [403, PERMISSION],
])

/**
 * `what` was to be done, as in "write s3://bucket/key". The SDK's own errors can carry the request with its signature
 * and its session token, so the cause is a copy that has only what they say.
 */
export function storageError(error: unknown, what: string): StorageError {
  if (error instanceof StorageError) return error
  const remedy = REMEDIES.get(nameOf(error)) ?? STATUS_REMEDIES.get(statusOf(error)) ?? REACH
  return new StorageError(`The storage could not ${what}: ${reasonOf(error)}. ${remedy}.`, {
    cause: withoutRequest(error),
  })
}

export function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound'].includes(nameOf(error))
}

/** It is there already: what `If-None-Match: *` asks for. */
export function isTaken(error: unknown): boolean {
  return statusOf(error) === 412
}

/** Somebody else writes the same key at this moment; who of them it will be is not decided. */
export function isContended(error: unknown): boolean {
  return statusOf(error) === 409
}

export function isBehindEnd(error: unknown): boolean {
  return statusOf(error) === 416
}

/** How often it was tried. */
export function attemptsOf(error: unknown): number {
  return (error instanceof S3ServiceException && error.$metadata.attempts) || 1
}

export function isUnsupported(error: unknown): boolean {
  return [405, 501].includes(statusOf(error) ?? 0)
}

export function isForbidden(error: unknown): boolean {
  return statusOf(error) === 403
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : ''
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const status = statusOf(error)
  const name = /^(Error|AggregateError|Unknown.*|\d+)$/.test(error.name) ? '' : error.name
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const said = /^(Unknown.*)?$/.test(error.message) ? '' : error.message.replace(/\.$/, '')
  const facts = [name, said, said.includes(code) ? '' : code, status === undefined ? '' : `HTTP ${status}`]
  return facts.filter((fact) => fact !== '').join(', ') || 'no reason given'
}

function withoutRequest(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const copy = new Error(error.message)
  copy.name = error.name
  if (error.stack !== undefined) copy.stack = error.stack
  return copy
}
