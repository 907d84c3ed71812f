import { closestMatch } from 'leven'
import { StorageError } from '../../exceptions.ts'
import { isKey } from '../check-key.ts'

/** Where and how, as the URL of the storage says it. Credentials are no part of it. */
export interface S3Location {
  readonly bucket: string
  /** Before every key: empty, or with a slash at its end. */
  readonly prefix: string
  /** Of an S3-compatible server; AWS itself when not given. */
  readonly endpoint?: string
  /** The same server as callers reach it, for presigned addresses; `endpoint` when not given. */
  readonly publicEndpoint?: string
  readonly region?: string
  /** The bucket as the first part of the path, not of the host's name. */
  readonly pathStyle: boolean
  /** Whether the server knows `If-None-Match: *`. */
  readonly conditionalWrites: boolean
}

const PARAMETERS = ['endpoint', 'public_endpoint', 'region', 'path_style', 'conditional_writes'] as const
type Parameter = (typeof PARAMETERS)[number]

/** What all buckets have in common, https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i
const REGION = /^[a-z0-9-]{1,64}$/i
const SHAPE = 's3://bucket/prefix?region=eu-central-1'

/**
 * `s3://bucket/prefix?endpoint=…&region=…&path_style=1`. A complaint never repeats the value of what could be a secret.
 * @throws StorageError
 */
export function parseLocation(text: string): S3Location {
  const url = URL.parse(text)
  if (url === null) throw new StorageError(`The storage is no URL; write ${SHAPE}.`)
  if (url.username !== '' || url.password !== '') throw withCredentials('The URL of the storage')
  const { hostname: bucket } = url
  if (url.port !== '' || !BUCKET.test(bucket)) {
    throw new StorageError(
      `The storage names no bucket, but ${JSON.stringify(url.host)}; write ${SHAPE}. Another server than AWS is named by ?endpoint=.`,
    )
  }
  const given = readParameters(url.searchParams)
  const endpoint = readEndpoint('endpoint', given)
  const publicEndpoint = readEndpoint('public_endpoint', given)
  const region = readRegion(given)
  return {
    bucket,
    prefix: readPrefix(url.pathname),
    pathStyle: readSwitch('path_style', given) ?? endpoint !== undefined,
    conditionalWrites: readSwitch('conditional_writes', given) ?? true,
    ...(endpoint !== undefined && { endpoint }),
    ...(publicEndpoint !== undefined && { publicEndpoint }),
    ...(region !== undefined && { region }),
  }
}

type Given = ReadonlyMap<Parameter, string>

function readParameters(query: URLSearchParams): Given {
  const given = new Map<Parameter, string>()
  for (const [name, value] of query) {
    const known = PARAMETERS.find((each) => each === name)
    if (known === undefined) {
      throw new StorageError(
        `${JSON.stringify(name)} is no parameter of an s3: storage; did you mean ${closestMatch(name, [...PARAMETERS])}? ` +
          'Credentials are not written there, but in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
      )
    }
    if (value !== '') given.set(known, value)
  }
  return given
}

function readPrefix(pathname: string): string {
  const prefix = decoded(pathname).replace(/^\/+|\/+$/g, '')
  if (prefix === '') return ''
  if (isKey(prefix)) return `${prefix}/`
  throw new StorageError(
    `${JSON.stringify(prefix)} is no prefix for a storage: its parts must not begin or end with a dot, nor be empty.`,
  )
}

function readEndpoint(name: Parameter, given: Given): string | undefined {
  const text = given.get(name)
  if (text === undefined) return undefined
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new StorageError(`${name} of the storage must be an address that begins with http: or https:.`)
  }
  if (url.username !== '' || url.password !== '') throw withCredentials(`${name} of the storage`)
  return url.href.replace(/\/$/, '')
}

function readRegion(given: Given): string | undefined {
  const region = given.get('region')
  if (region === undefined || REGION.test(region)) return region
  throw new StorageError('region of the storage must be a name such as eu-central-1.')
}

function readSwitch(name: Parameter, given: Given): boolean | undefined {
  const text = given.get(name)
  if (text === undefined) return undefined
  if (/^(1|true|on|yes)$/i.test(text)) return true
  if (/^(0|false|off|no)$/i.test(text)) return false
  throw new StorageError(`${name} of the storage must be 1 or 0.`)
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch (cause) {
    throw new StorageError(`The prefix ${pathname} has a % that stands for nothing; write it %25.`, { cause })
  }
}

function withCredentials(what: string): StorageError {
  return new StorageError(
    `${what} has a user name or a password in it. Take them out: credentials come from AWS_ACCESS_KEY_ID and ` +
      'AWS_SECRET_ACCESS_KEY, a profile, or the role of the machine.',
  )
}
