import { S3Client } from '@aws-sdk/client-s3'
import { StorageError } from '../../exceptions.ts'
import type { S3Location } from './location.ts'

/** How long one request may take, and how often it is made. */
export interface S3Limits {
  readonly connectMs: number
  /** To the first byte of the answer, with the sending of a part of a file before that. */
  readonly requestMs: number
  readonly attempts: number
}

export const DEFAULT_LIMITS: S3Limits = { connectMs: 5_000, requestMs: 60_000, attempts: 3 }

/** What a server that has no regions expects to be called. */
const NO_REGION = 'us-east-1'

/** Credentials, and the region unless the location names one, are found where the SDK always looks. */
export async function connect(location: S3Location, limits: S3Limits = DEFAULT_LIMITS): Promise<S3Client> {
  const client = makeClient(location, limits)
  try {
    await client.config.region()
    return client
  } catch (cause) {
    if (location.endpoint !== undefined) return makeClient({ ...location, region: NO_REGION }, limits)
    throw new StorageError(
      `The storage s3://${location.bucket} names no region: add ?region=… to it, or set AWS_REGION.`,
      { cause },
    )
  }
}

function makeClient({ endpoint, region, pathStyle }: S3Location, limits: S3Limits): S3Client {
  return new S3Client({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint, ...COMPATIBLE }),
    forcePathStyle: pathStyle,
    maxAttempts: limits.attempts,
    requestHandler: {
      connectionTimeout: limits.connectMs,
      requestTimeout: limits.requestMs,
      throwOnRequestTimeout: true,
    },
  })
}

/** What came to S3 lately, or is done by AWS alone, and only saves a little there: others stumble over it. */
const COMPATIBLE = {
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  expectContinueHeader: false,
} as const
