import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { toBytes } from '../../src/audio/pcm.ts'
import { readWav, wavHeader } from '../../src/audio/wav.ts'
import { StorageError } from '../../src/exceptions.ts'
import type { HttpAppOptions } from '../../src/http/server.ts'
import type { Timeline } from '../../src/speech/timeline.ts'
import { captionsKey } from '../../src/storage/key.ts'
import type { ListedObject, Storage } from '../../src/storage/storage.ts'
import { collect } from '../collect.ts'
import { silentLogger } from '../silent-logger.ts'
import { KEY, UUID } from '../speech-bench.ts'
import { BODY, openHttpBench, PATH } from './http-bench.ts'

const RATE = 22_050

function wavFile(seconds: number): Uint8Array {
  const samples = Int16Array.from({ length: RATE * seconds }, (_, i) => 9_000 * Math.sin(i / 9))
  return Buffer.concat([wavHeader(RATE, samples.byteLength), toBytes(samples)])
}

const TIMELINE: Timeline = {
  durationMs: 1000,
  marks: [{ name: 'middle', at: 3, ms: 500 }],
  sentences: [
    {
      text: 'Hello.',
      start: 0,
      end: 6,
      startMs: 0,
      endMs: 900,
      words: [{ text: 'Hello.', start: 0, end: 6, startMs: 0, endMs: 900 }],
      phonemes: [{ phoneme: 'h', startMs: 0, endMs: 50 }],
      estimated: false,
    },
  ],
}

async function openSpoken(t: TestContext, changes: Partial<HttpAppOptions> = {}) {
  const bench = await openHttpBench(t, changes)
  await bench.post(BODY)
  await bench.storage.write(captionsKey(KEY), Buffer.from(JSON.stringify(TIMELINE)))
  await bench.worker.succeed(wavFile(1))
  return bench
}

/** What is kept of the sound in another format. */
async function madeOf(storage: Storage, extension: string): Promise<ListedObject[]> {
  const all = await collect(storage.list(KEY.replace('.wav', '@')))
  return all.filter(({ key }) => key.endsWith(`.${extension}`))
}

const FORMATS = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg; codecs=opus',
  flac: 'audio/flac',
  aac: 'audio/aac',
  pcm: 'audio/pcm',
} as const

for (const [format, type] of Object.entries(FORMATS)) {
  test(`${format}: is made when it is asked for, and kept`, async (t) => {
    const { app, storage } = await openSpoken(t)
    const get = (headers = {}) => app.request(`${PATH}/audio?format=${format}`, { headers })
    const response = await get()
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), type)
    assert.equal(response.headers.get('content-disposition'), `inline; filename="${UUID}.${format}"`)
    const bytes = await response.bytes()
    assert.equal(bytes.length, Number(response.headers.get('content-length')))
    const kept = await madeOf(storage, format)
    assert.deepEqual(
      kept.map(({ size }) => size),
      [bytes.length],
    )
    const part = await get({ range: 'bytes=0-9', 'if-range': String(response.headers.get('etag')) })
    assert.equal(part.status, 206)
    assert.deepEqual(await part.bytes(), bytes.subarray(0, 10))
  })
}

test('another sample rate is another file', async (t) => {
  const { app } = await openSpoken(t)
  const bytes = await (await app.request(`${PATH}/audio?sample_rate=16000`)).bytes()
  const { sampleRate, samples } = readWav(bytes)
  assert.equal(sampleRate, 16_000)
  assert.equal(samples.length, 16_000)
  const pcm = await (await app.request(`${PATH}/audio?format=pcm&sample_rate=24000`)).bytes()
  assert.equal(pcm.length, 48_000)
})

test('who asks for one sample rate after the other cannot fill the disk', async (t) => {
  const { app, storage } = await openSpoken(t)
  for (const rate of [23_001, 23_002, 23_999, 24_000]) {
    const { sampleRate } = readWav(await (await app.request(`${PATH}/audio?sample_rate=${rate}`)).bytes())
    assert.equal(sampleRate, 24_000)
  }
  for (const rate of [11_026, 12_000]) await app.request(`${PATH}/audio?format=opus&sample_rate=${rate}`)
  const kept = (await collect(storage.list())).map(({ key }) => /(-\d{5})?\.\w+$/.exec(key)?.[0])
  assert.deepEqual(kept.sort(), ['-12000.opus', '-24000.wav', '.json', '.wav'])
})

test('what was made of a sound that has been replaced since is made again', async (t) => {
  const { app, worker } = await openSpoken(t)
  const length = async () => (await (await app.request(`${PATH}/audio?format=pcm`)).bytes()).length
  assert.equal(await length(), 2 * RATE)
  await worker.succeed(wavFile(2))
  assert.equal(await length(), 4 * RATE)
})

for (const path of ['audio', 'audio?format=mp3', 'captions']) {
  test(`${path}: a storage that is away is 503; where it is is for the log alone`, async (t) => {
    const warnings: unknown[] = []
    const warn = (fields: unknown) => void warnings.push(fields)
    const { app, storage } = await openSpoken(t, { logger: { ...silentLogger, warn } })
    const error = new StorageError('s3://private-bucket does not answer')
    storage.stat = storage.read = async () => {
      throw error
    }
    const response = await app.request(`${PATH}/${path}`)
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('retry-after'), '5')
    assert.doesNotMatch(await response.text(), /private-bucket/)
    assert.deepEqual(
      warnings.map((fields) => (fields as { err: Error }).err),
      [error],
    )
  })
}

test('several who ask at once wait for the same file', async (t) => {
  const { app, storage } = await openSpoken(t)
  const writes: string[] = []
  const write = storage.write.bind(storage)
  storage.write = (key, data) => {
    writes.push(key)
    return write(key, data)
  }
  const answers = await Promise.all(Array.from({ length: 5 }, () => app.request(`${PATH}/audio?format=flac`)))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  assert.deepEqual(
    writes,
    (await madeOf(storage, 'flac')).map(({ key }) => key),
  )
  assert.equal(writes.length, 1)
})

test('a format or a rate that there is not is refused, and the answer says what there is', async (t) => {
  const { app } = await openSpoken(t)
  for (const [query, rule] of [
    ['format=ogg', /"wav"\|"mp3"\|"opus"\|"flac"\|"aac"\|"pcm"/],
    ['sample_rate=7999', />=8000/],
    ['sample_rate=loud', /number/],
  ] as const) {
    const response = await app.request(`${PATH}/audio?${query}`)
    assert.equal(response.status, 422, query)
    assert.match(JSON.stringify(await response.json()).replaceAll('\\"', '"'), rule)
  }
})

test('captions as JSON, SRT and WebVTT', async (t) => {
  const { app } = await openSpoken(t)
  const get = async (query: string) => {
    const response = await app.request(`${PATH}/captions${query}`)
    return `${response.headers.get('content-type')}\n${await response.text()}`
  }
  assert.match(await get(''), /^application\/json\n\{"duration":1,"sentences":\[\{"text":"Hello\."/)
  assert.equal(
    await get('?format=srt'),
    'application/x-subrip; charset=utf-8\n1\n00:00:00,000 --> 00:00:01,000\nHello.\n',
  )
  assert.equal(
    await get('?format=vtt&unit=word'),
    'text/vtt; charset=utf-8\nWEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHello.\n',
  )
})

test('captions that are not there yet are 409, and 410 when they never will be', async (t) => {
  const { app, post, worker } = await openHttpBench(t)
  await post(BODY)
  assert.equal((await app.request(`${PATH}/captions`)).status, 409)
  await worker.succeed(wavFile(1))
  assert.equal((await app.request(`${PATH}/captions`)).status, 410)
})
