import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { StorageError } from '../../exceptions.ts'
import type { PresignedAs } from '../storage.ts'
import type { Target } from './upload.ts'

/** Seven days; https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
const MAX_SECONDS = 7 * 24 * 60 * 60

/** It is not good for longer than the credentials are that sign it, which for a role can be an hour. */
export function presignedUrl(
  client: S3Client,
  target: Target,
  seconds: number,
  { contentType, fileName }: PresignedAs,
): Promise<string> {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS) {
    throw new StorageError(`An address can be presigned for 1 to ${MAX_SECONDS} seconds, not for ${seconds}.`)
  }
  const command = new GetObjectCommand({
    ...target,
    ...(contentType !== undefined && { ResponseContentType: contentType }),
    ...(fileName !== undefined && { ResponseContentDisposition: disposition(fileName) }),
  })
  return getSignedUrl(client, command, { expiresIn: seconds })
}

/** https://www.rfc-editor.org/rfc/rfc6266: a name that every client reads, and the true one. */
function disposition(fileName: string): string {
  const plain = fileName.replace(/[^ -~]|["\\%]/g, '_')
  if (plain === fileName) return `inline; filename="${plain}"`
  const escaped = encodeURIComponent(fileName.toWellFormed()).replace(
    /['()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16)}`,
  )
  return `inline; filename="${plain}"; filename*=UTF-8''${escaped}`
}
