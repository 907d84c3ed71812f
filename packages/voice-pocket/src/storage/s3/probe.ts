/** Whether a bucket does what is needed of it, and what was left there by those who died. */
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { StorageError } from '../../exceptions.ts'
import { isForbidden, isMissing, isTaken, isUnsupported } from './failure.ts'
import type { S3Location } from './location.ts'
import type { Target } from './upload.ts'

/** Longer than any write takes: what is older was left by a process that was killed. */
const ABANDONED_MS = 24 * 60 * 60 * 1000

export async function probe(client: S3Client, location: S3Location): Promise<void> {
  const { bucket, prefix } = location
  // No part of a key may begin with a dot, so this is nobody's.
  const target = { Bucket: bucket, Key: `${prefix}.probes/${randomUUID()}` }
  await client.send(new PutObjectCommand({ ...target, Body: Buffer.from(target.Key) }))
  try {
    await readBack(client, target)
    if (location.conditionalWrites) await refuseToReplace(client, target)
    await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }))
  } finally {
    await client.send(new DeleteObjectCommand(target))
  }
  await abortAbandoned(client, location)
}

async function readBack(client: S3Client, target: Target): Promise<void> {
  const { Body } = await client.send(new GetObjectCommand(target))
  if (Body instanceof Readable && (await text(Body)) === target.Key) return
  throw new StorageError(
    `The bucket ${target.Bucket} gives back something else than was written. Use another one.`,
  )
}

/** A server that does not know the condition writes nevertheless, and two could believe that they were the first. */
async function refuseToReplace(client: S3Client, target: Target): Promise<void> {
  try {
    await client.send(new PutObjectCommand({ ...target, Body: Buffer.from('again'), IfNoneMatch: '*' }))
  } catch (error) {
    if (isTaken(error)) return
    if (!isUnsupported(error)) throw error
  }
  throw new StorageError(
    `The server of the bucket ${target.Bucket} does not know "If-None-Match: *", with which of several who create the ` +
      'same file one wins. Use one that does, or add conditional_writes=0 to the URL of the storage: then of two who ' +
      'create a file at the same moment, the later one wins.',
  )
}

/** Parts of uploads cost money, and no listing shows them. A bucket may leave this to a lifecycle rule of its own. */
async function abortAbandoned(client: S3Client, { bucket, prefix }: S3Location): Promise<void> {
  const wanted = { Bucket: bucket, Prefix: prefix }
  try {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand(wanted))
    for (const { Key, UploadId, Initiated = new Date() } of Uploads) {
      if (Initiated.getTime() > Date.now() - ABANDONED_MS) continue
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
    }
  } catch (error) {
    if (!isUnsupported(error) && !isForbidden(error) && !isMissing(error)) throw error
  }
}
