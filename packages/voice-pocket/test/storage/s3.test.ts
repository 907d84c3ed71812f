import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import {
  CreateMultipartUploadCommand,
  GetObjectAclCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3'
import { StorageError } from '../../src/exceptions.ts'
import { createStorage } from '../../src/storage/index.ts'
import { parseLocation } from '../../src/storage/s3/location.ts'
import { S3Storage } from '../../src/storage/s3/storage.ts'
import { collect } from '../collect.ts'
import { pythonPath } from '../service-url.ts'
import { storageConformance } from '../storage-conformance.ts'
import { answerError, startProxy } from './s3/proxy.ts'
import { S3Server } from './s3/server.ts'

const KEY = 'kim@example.com/one.wav'
const MIB = 1024 * 1024
const python = pythonPath()

if (python === undefined) {
  test('S3Storage', { skip: 'no PYTHON_VENV: npm test makes one' }, () => {})
} else {
  const server = await S3Server.start(python)
  test.after(() => server[Symbol.asyncDispose]())
  const { client } = server

  /** A storage, and its bucket. */
  const open = async (endpoint = server.endpoint, more = '') => {
    const Bucket = await server.bucket()
    const storage = await createStorage(`s3://${Bucket}/speech?endpoint=${endpoint}${more}`)
    return { Bucket, storage }
  }
  const unfinished = async (Bucket: string) =>
    (await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []

  storageConformance('S3Storage', async () => createStorage(await server.storageUrl('speech/of tests')))
  storageConformance('S3Storage without conditional writes, in a whole bucket', async () => {
    const storage = await createStorage(`${await server.storageUrl()}&conditional_writes=0`)
    // Without the condition nobody can promise that one of many wins: here they come one after the other.
    const create = storage.create.bind(storage)
    let turn: Promise<unknown> = Promise.resolve()
    storage.create = (key, data) => {
      const mine = turn.then(() => create(key, data))
      turn = mine.catch(() => undefined)
      return mine
    }
    return storage
  })

  test('long sound goes in parts, a few at a time, and is one object in the end', async () => {
    const { Bucket, storage } = await open()
    let given = 0
    async function* hours() {
      for (let piece = 0; piece < 80; piece++) {
        given += MIB / 4
        yield Buffer.alloc(MIB / 4, piece)
      }
    }
    await storage.write(KEY, hours())
    assert.equal(given, 20 * MIB)
    const { ContentLength, ETag } = await client.send(new HeadObjectCommand({ Bucket, Key: `speech/${KEY}` }))
    assert.equal(ContentLength, 20 * MIB)
    assert.match(String(ETag), /-3"$/, 'S3 writes the number of parts behind the hash')
    assert.equal(Number((await buffer(await storage.read(KEY, { start: 20 * MIB - 1 })))[0]), 79)
    assert.deepEqual(await unfinished(Bucket), [])
  })

  test('a source that breaks after some parts leaves none of them', async () => {
    const { Bucket, storage } = await open()
    const broken = new Error('the source broke')
    async function* breaking() {
      for (let piece = 0; piece < 20; piece++) yield Buffer.alloc(MIB)
      assert.equal((await unfinished(Bucket)).length, 1, 'it was under way')
      throw broken
    }
    await assert.rejects(storage.write(KEY, breaking()), broken)
    assert.deepEqual(await unfinished(Bucket), [])
    assert.equal(await storage.stat(KEY), undefined)
  })

  test('a part that the server refuses leaves none of them, and the source hears that nobody reads on', async (t) => {
    const proxy = await startProxy(t, server.endpoint, ({ url = '' }, response, pass) =>
      url.includes('partNumber=2') ? answerError(response, 403, 'AccessDenied', 'not this one') : pass(),
    )
    const { Bucket, storage } = await open(proxy)
    let ended = false
    async function* endless() {
      try {
        for (;;) yield Buffer.alloc(MIB)
      } finally {
        ended = true
      }
    }
    await assert.rejects(storage.write(KEY, endless()), {
      name: 'StorageError',
      message: /could not write s3:\/\/test-.*one\.wav: AccessDenied, not this one, HTTP 403\. Let these/,
    })
    assert.ok(ended)
    assert.deepEqual(await unfinished(Bucket), [])
  })

  test('check aborts what was left unfinished a day ago, and nothing younger', async (t) => {
    let began = new Date()
    // The server itself says of every upload that it began in 2010.
    const proxy = await startProxy(
      t,
      server.endpoint,
      async ({ method, url = '', headers }, response, pass) => {
        if (method !== 'GET' || !url.includes('uploads')) return pass()
        const answer = await fetch(server.endpoint + url, {
          headers: { authorization: String(headers.authorization) },
        })
        response.end((await answer.text()).replace(/<Initiated>.*?</g, `<Initiated>${began.toISOString()}<`))
      },
    )
    const { Bucket, storage } = await open(proxy)
    await client.send(new CreateMultipartUploadCommand({ Bucket, Key: `speech/${KEY}` }))
    await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'of others' }))
    await storage.check()
    assert.equal((await unfinished(Bucket)).length, 2)
    began = new Date(Date.now() - 25 * 60 * 60 * 1000)
    await storage.check()
    assert.deepEqual(
      (await unfinished(Bucket)).map(({ Key }) => Key),
      ['of others'],
    )
  })

  test('objects are private: nobody without credentials reads one, or what is in the bucket', async () => {
    const { Bucket, storage } = await open()
    await storage.write(KEY, Buffer.from('secret'))
    const { Grants = [] } = await client.send(new GetObjectAclCommand({ Bucket, Key: `speech/${KEY}` }))
    assert.deepEqual(
      Grants.map(({ Grantee }) => Grantee?.Type),
      ['CanonicalUser'],
    )
    assert.equal((await fetch(`${server.endpoint}/${Bucket}/speech/${KEY}`)).status, 403)
  })

  test('a presigned address is good for anybody, for a while, as what it is', async () => {
    const { storage } = await open()
    await storage.write(KEY, Buffer.from('0123456789'))
    const as = { contentType: 'audio/wav', fileName: '목소리 "1".wav' }
    const address = String(await storage.presign?.(KEY, 60, as))
    const answer = await fetch(address, { headers: { range: 'bytes=2-4' } })
    assert.equal(answer.status, 206)
    assert.equal(await answer.text(), '234')
    assert.equal(answer.headers.get('content-type'), 'audio/wav')
    assert.equal(
      answer.headers.get('content-disposition'),
      `inline; filename="___ _1_.wav"; filename*=UTF-8''%EB%AA%A9%EC%86%8C%EB%A6%AC%20%221%22.wav`,
    )
    assert.equal(new URL(address).searchParams.get('X-Amz-Expires'), '60')
    for (const seconds of [0, 604_801, 1.5]) {
      await assert.rejects(Promise.resolve(storage.presign?.(KEY, seconds)), /for 1 to 604800 seconds/)
    }
  })

  test('a presigned address names the server as callers know it', async () => {
    const { storage } = await open(server.endpoint, '&public_endpoint=https://speech.example')
    const address = new URL(String(await storage.presign?.(KEY, 60)))
    assert.equal(address.origin, 'https://speech.example')
    assert.match(address.pathname, /^\/test-[^/]+\/speech\/kim%40example.com\/one.wav$/)
  })

  test('check says what to do about a server that replaces what it should not', async (t) => {
    const proxy = await startProxy(t, server.endpoint, ({ headers }, _, pass) => {
      const { 'if-none-match': _condition, ...others } = headers
      pass(others)
    })
    const { storage } = await open(proxy)
    await assert.rejects(storage.check(), /does not know "If-None-Match: \*".*conditional_writes=0/)
    const { storage: careful } = await open(proxy, '&conditional_writes=0')
    await careful.check()
  })

  test('check says what to do about a bucket that is not there', async () => {
    const storage = await createStorage(`s3://no-such-bucket/x?endpoint=${server.endpoint}`)
    await assert.rejects(
      storage.check(),
      /s3:\/\/no-such-bucket\/x\/: NoSuchBucket.*Create the bucket, or correct VOICE_POCKET_STORAGE/,
    )
  })

  test('a create whose answer was lost is still one’s own', async (t) => {
    let lost = 0
    const proxy = await startProxy(t, server.endpoint, ({ method }, response, pass) => {
      if (method !== 'PUT' || lost > 0) return pass()
      lost += 1
      // It arrives there, and the answer does not arrive here.
      response.writeHead = () => response
      response.end = () => {
        response.destroy()
        return response
      }
      pass()
    })
    const { storage } = await open(proxy)
    assert.equal(await storage.create(KEY, Buffer.from('mine')), true)
    assert.equal(lost, 1)
    assert.equal(await storage.create(KEY, Buffer.from('mine')), false)
  })

  test('two who create at once and are told to try again do', async (t) => {
    let conflicts = 0
    const proxy = await startProxy(t, server.endpoint, ({ method }, response, pass) => {
      if (method !== 'PUT' || conflicts === 3) return pass()
      conflicts += 1
      answerError(response, 409, 'ConditionalRequestConflict')
    })
    const { storage } = await open(proxy)
    assert.equal(await storage.create(KEY, Buffer.from('x')), true)
    assert.equal(conflicts, 3)
  })

  test('a server that never answers is given up after so many attempts', async (t) => {
    let requests = 0
    const proxy = await startProxy(t, server.endpoint, () => {
      requests += 1
    })
    const location = parseLocation(`s3://bucket?endpoint=${proxy}`)
    const storage = await S3Storage.open(location, { connectMs: 1_000, requestMs: 50, attempts: 2 })
    await assert.rejects(storage.write(KEY, Buffer.from('x')), /TimeoutError.*Check that the server is up/)
    assert.equal(requests, 2)
  })

  test('a server that falls silent in the middle breaks the reading', async (t) => {
    const proxy = await startProxy(t, server.endpoint, (_, response) => {
      response.writeHead(200, { 'Content-Length': '10' })
      response.write('01234')
    })
    const location = parseLocation(`s3://bucket?endpoint=${proxy}`)
    const limits = { connectMs: 1_000, requestMs: 100, attempts: 1 }
    const stream = await (await S3Storage.open(location, limits)).read(KEY)
    const seen: string[] = []
    await assert.rejects(
      async () => {
        for await (const chunk of stream) seen.push(String(chunk))
      },
      { name: 'StorageError', message: /could not read all of s3:.*nothing came for 0\.1 seconds/ },
    )
    assert.deepEqual(seen, ['01234'])
  })

  test('a server that is away is said to be, with its remedy and without secrets', async () => {
    const storage = await createStorage('s3://bucket/x?endpoint=http://127.0.0.1:1')
    const secrets = Object.values(server.env)
    await assert.rejects(storage.stat(KEY), (error: Error) => {
      assert.ok(error instanceof StorageError)
      assert.match(
        error.message,
        /look at s3:\/\/bucket\/x\/kim@example\.com\/one\.wav: .*ECONNREFUSED.*Check that/,
      )
      for (const secret of secrets)
        assert.ok(!`${error.stack} ${JSON.stringify(error.cause)}`.includes(secret))
      return true
    })
  })

  test('what an error of the SDK carries beside its words is left out', async (t) => {
    const leaky =
      '<AWSAccessKeyId>AKIALEAK</AWSAccessKeyId><CanonicalRequest>x-amz-security-token:LEAK</CanonicalRequest>'
    const proxy = await startProxy(t, server.endpoint, (_, response) => {
      response.writeHead(403, { 'Content-Type': 'application/xml' })
      response.end(`<Error><Code>SignatureDoesNotMatch</Code><Message>Wrong.</Message>${leaky}</Error>`)
    })
    const { storage } = await open(proxy)
    await assert.rejects(storage.read(KEY), (error: Error) => {
      assert.match(error.message, /SignatureDoesNotMatch, Wrong, HTTP 403\. Correct the credentials/)
      const cause = error.cause as Error
      assert.ok(!JSON.stringify([Object.entries(cause), cause.message, cause.stack]).includes('LEAK'))
      return true
    })
  })

  test('keys of others in the same bucket are not listed', async () => {
    const { Bucket, storage } = await open()
    const beside = await createStorage(`s3://${Bucket}/speech-too?endpoint=${server.endpoint}`)
    await beside.write(KEY, Buffer.from('x'))
    await storage.write('a', Buffer.from('y'))
    assert.deepEqual(
      (await collect(storage.list())).map(({ key }) => key),
      ['a'],
    )
  })

  test('more keys than one answer has are listed all', async (t) => {
    let answers = 0
    const proxy = await startProxy(t, server.endpoint, (incoming, _, pass) => {
      if (incoming.url?.includes('list-type=2')) {
        incoming.url += '&max-keys=3'
        answers += 1
      }
      pass()
    })
    const { storage } = await open(proxy)
    const keys = Array.from({ length: 10 }, (_, i) => `a/${i}`)
    for (const key of keys) await storage.write(key, Buffer.alloc(0))
    assert.deepEqual(
      (await collect(storage.list('a/'))).map(({ key }) => key),
      keys,
    )
    assert.equal(answers, 4)
  })
}
