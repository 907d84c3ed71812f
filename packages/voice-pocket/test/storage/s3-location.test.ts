import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StorageError } from '../../src/exceptions.ts'
import { parseLocation } from '../../src/storage/s3/location.ts'

test('a bucket, a prefix, and what is to be known of the server', () => {
  assert.deepEqual(parseLocation('s3://speech'), {
    bucket: 'speech',
    prefix: '',
    pathStyle: false,
    conditionalWrites: true,
  })
  const url =
    's3://my.speech/a/b%20c/?region=eu-central-1&path_style=0&endpoint=http://s3:9000/&conditional_writes=no'
  assert.deepEqual(parseLocation(url), {
    bucket: 'my.speech',
    prefix: 'a/b c/',
    endpoint: 'http://s3:9000',
    region: 'eu-central-1',
    pathStyle: false,
    conditionalWrites: false,
  })
})

test('another server than AWS is given the bucket in the path, unless told', () => {
  assert.equal(parseLocation('s3://speech?endpoint=http://s3:9000').pathStyle, true)
  assert.equal(parseLocation('s3://speech?endpoint=http://s3:9000&path_style=0').pathStyle, false)
  assert.equal(parseLocation('s3://speech?path_style=1').pathStyle, true)
})

const BROKEN: readonly (readonly [url: string, says: RegExp])[] = [
  ['s3:speech', /names no bucket/],
  ['s3://', /no URL|names no bucket/],
  ['s3://a_b c', /no URL/],
  ['s3://minio:9000/speech', /names no bucket, but "minio:9000".*\?endpoint=/],
  ['s3://speech/a//b', /"a\/\/b" is no prefix/],
  ['s3://speech/%zz', /has a % that stands for nothing/],
  ['s3://AKIA:hidden@speech', /password in it\. Take them out: credentials come from AWS_ACCESS_KEY_ID/],
  ['s3://speech?secret_key=hidden', /"secret_key" is no parameter.*AWS_SECRET_ACCESS_KEY/],
  ['s3://speech?endpont=http://x', /did you mean endpoint\?/],
  ['s3://speech?endpoint=hidden', /endpoint of the storage must be an address/],
  ['s3://speech?endpoint=http://user:hidden@s3', /endpoint of the storage has a user name or a password/],
  ['s3://speech?region=hidden!', /region of the storage must be a name/],
  ['s3://speech?path_style=hidden', /path_style of the storage must be 1 or 0/],
]
for (const [url, says] of BROKEN) {
  test(`${url} is refused, and no secret is repeated`, () => {
    assert.throws(
      () => parseLocation(url),
      (error) =>
        error instanceof StorageError && says.test(error.message) && !error.message.includes('hidden'),
    )
  })
}
