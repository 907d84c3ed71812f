/** What every Storage has to do. A driver's test calls `storageConformance` with a way to make an empty one. */
import assert from 'node:assert/strict'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { beforeEach, describe, it } from 'node:test'
import { StorageKeyError, StoredObjectNotFoundError } from '../src/exceptions.ts'
import type { Storage } from '../src/storage/storage.ts'
import { collect } from './collect.ts'

const KEY = 'kim@example.com/one.wav'

export function storageConformance(name: string, createEmpty: () => Promise<Storage>): void {
  describe(`${name} as a Storage`, () => {
    let storage: Storage

    beforeEach(async () => {
      storage = await createEmpty()
    })

    const content = async (key = KEY) => (await buffer(await storage.read(key))).toString()

    it('gives back what was written, in one piece or in many', async () => {
      await storage.write(KEY, Buffer.from('whole'))
      assert.equal(await content(), 'whole')
      await storage.write(KEY, pieces('in ', '', 'three', ' pieces'))
      assert.equal(await content(), 'in three pieces')
      await storage.write(KEY, Buffer.alloc(0))
      assert.equal(await content(), '')
    })

    it('has nothing under what is only the beginning of other keys', async () => {
      await storage.write(KEY, Buffer.from('whole'))
      assert.equal(await storage.stat('kim@example.com'), undefined)
      await assert.rejects(storage.read('kim@example.com'), StoredObjectNotFoundError)
    })

    it('reads ranges from start up to but not including end', async () => {
      await storage.write(KEY, Buffer.from('0123456789'))
      const part = async (start?: number, end?: number) =>
        text(
          await storage.read(KEY, {
            ...(start !== undefined && { start }),
            ...(end !== undefined && { end }),
          }),
        )
      assert.equal(await part(2, 5), '234')
      assert.equal(await part(7), '789')
      assert.equal(await part(undefined, 1), '0')
      assert.equal(await part(4, 4), '')
      assert.equal(await part(8, 100), '89')
      assert.equal(await part(100), '')
    })

    it('refuses a range that runs backwards or begins before the file', async () => {
      await storage.write(KEY, Buffer.from('0123456789'))
      await assert.rejects(storage.read(KEY, { start: 5, end: 4 }), { name: 'StorageError' })
      await assert.rejects(storage.read(KEY, { start: -1 }), { name: 'StorageError' })
    })

    it('knows the size and the time of what it has, and nothing of what it has not', async () => {
      const before = Date.now() - 2000
      await storage.write(KEY, Buffer.from('12345'))
      const found = await storage.stat(KEY)
      assert.equal(found?.size, 5)
      assert.ok(Number(found?.modifiedAt) >= before)
      assert.equal(await storage.stat('kim@example.com/two.wav'), undefined)
      assert.equal(await storage.stat('nobody/two.wav'), undefined)
    })

    it('tells what is written anew from what was there, however soon, also in lists', async () => {
      const generations: (string | undefined)[] = []
      for (const content of ['first', 'other', 'third']) {
        await storage.write(KEY, Buffer.from(content))
        const found = await storage.stat(KEY)
        assert.match(String(found?.generation), /^[a-zA-Z0-9-]+$/)
        assert.equal((await collect(storage.list(KEY)))[0]?.generation, found?.generation)
        assert.equal((await storage.stat(KEY))?.generation, found?.generation, 'looking changes nothing')
        generations.push(found?.generation)
      }
      assert.equal(new Set(generations).size, 3)
    })

    it('rejects reading what is not there', async () => {
      await assert.rejects(storage.read(KEY), StoredObjectNotFoundError)
      await assert.rejects(storage.read(KEY, { start: 0, end: 0 }), StoredObjectNotFoundError)
    })

    it('deletes, also what is not there', async () => {
      await storage.write(KEY, Buffer.from('x'))
      await storage.delete(KEY)
      await storage.delete(KEY)
      assert.equal(await storage.stat(KEY), undefined)
    })

    it('lists every key that begins so, with its size and time', async () => {
      const sizes = {
        'kim@example.com/a.wav': 1,
        'kim@example.com/a.parts/00000.wav': 2,
        'kim@example.co/b.wav': 3,
      }
      for (const [key, size] of Object.entries(sizes)) await storage.write(key, Buffer.alloc(size))
      const found = async (prefix?: string) => {
        const objects = await collect(storage.list(prefix))
        assert.ok(objects.every(({ modifiedAt }) => Math.abs(Date.now() - modifiedAt.getTime()) < 60_000))
        return Object.fromEntries(objects.map(({ key, size }) => [key, size]))
      }
      assert.deepEqual(await found(), sizes)
      assert.deepEqual(Object.keys(await found('kim@example.com/')).length, 2)
      assert.deepEqual(await found('kim@example.com/a.w'), { 'kim@example.com/a.wav': 1 })
      assert.deepEqual(await found('kim@example.co'), sizes)
      assert.deepEqual(await found('kim@example.com/a.parts/'), { 'kim@example.com/a.parts/00000.wav': 2 })
      assert.deepEqual(await found('nobody/'), {})
      await storage.delete('kim@example.co/b.wav')
      assert.deepEqual(await found('kim@example.co/'), {})
    })

    it('lists the keys of one folder one after the other', async () => {
      for (const key of ['a/1', 'a-b/1', 'a/c/1', 'a/0', 'b']) await storage.write(key, Buffer.alloc(1))
      const folders = (await collect(storage.list())).map(({ key }) => key.split('/')[0])
      const runs = folders.filter((folder, index) => folder !== folders[index - 1])
      assert.deepEqual(runs.toSorted(), ['a', 'a-b', 'b'])
    })

    it('shows nothing of a file before all of it is written', async () => {
      async function* watched() {
        yield Buffer.from('first half, ')
        assert.equal(await storage.stat(KEY), undefined)
        yield Buffer.from('second half')
      }
      await storage.write(KEY, watched())
      assert.equal(await content(), 'first half, second half')
    })

    it('keeps what was there when a write fails half way, and passes the error on', async () => {
      await storage.write(KEY, Buffer.from('old'))
      const broken = new Error('the source broke')
      async function* breaking() {
        yield Buffer.from('new')
        throw broken
      }
      await assert.rejects(storage.write(KEY, breaking()), broken)
      assert.equal(await content(), 'old')
      await assert.rejects(storage.write('kim@example.com/two.wav', breaking()), broken)
      assert.equal(await storage.stat('kim@example.com/two.wav'), undefined)
    })

    it('lets readers finish with the file they opened while it is replaced', async () => {
      await storage.write(KEY, Buffer.from('old'))
      const reading = await storage.read(KEY)
      await storage.write(KEY, Buffer.from('new one'))
      assert.equal(await text(reading), 'old')
    })

    it('lets exactly one of many create a key', async () => {
      const names = Array.from({ length: 20 }, (_, index) => `creator ${index}`)
      const created = await Promise.all(names.map((each) => storage.create(KEY, Buffer.from(each))))
      const winners = names.filter((_, index) => created[index])
      assert.equal(winners.length, 1)
      assert.equal(await content(), winners[0])
      assert.equal(await storage.create(KEY, Buffer.from('late')), false)
      assert.equal(await content(), winners[0])
    })

    it('writes the same key from many at once and keeps one of them whole', async () => {
      const bodies = Array.from({ length: 10 }, (_, index) => String(index).repeat(50_000))
      await Promise.all(bodies.map((body) => storage.write(KEY, Buffer.from(body))))
      assert.ok(bodies.includes(await content()))
    })

    it('refuses keys that could lead out of it', async () => {
      const hostile = [
        '',
        '.',
        '..',
        '../x',
        'a/../../x',
        '/etc/x',
        'a//b',
        'a/',
        'a\\..\\b',
        'a\0b',
        '.incoming/x',
        'c:/x',
        'a/..',
      ]
      for (const key of hostile) {
        await assert.rejects(storage.write(key, Buffer.from('x')), StorageKeyError, JSON.stringify(key))
        await assert.rejects(storage.create(key, Buffer.from('x')), StorageKeyError)
        await assert.rejects(storage.read(key), StorageKeyError)
        await assert.rejects(storage.stat(key), StorageKeyError)
        await assert.rejects(storage.delete(key), StorageKeyError)
        assert.throws(() => storage.url(key), StorageKeyError)
      }
      for (const prefix of ['..', '../', 'a/../', '/etc/', 'a//', '.incoming/']) {
        await assert.rejects(collect(storage.list(prefix)), StorageKeyError, prefix)
      }
    })

    it('has a URL for each key', () => {
      assert.ok(URL.canParse(storage.url('a%20b@example.com/one#1.wav')))
      assert.notEqual(storage.url('a/one.wav'), storage.url('a/two.wav'))
    })

    it('passes its own check, and leaves nothing of it behind', async () => {
      await storage.write(KEY, Buffer.from('x'))
      await storage.check()
      assert.deepEqual(
        (await collect(storage.list())).map(({ key }) => key),
        [KEY],
      )
    })
  })
}

async function* pieces(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const each of texts) yield Buffer.from(each)
}

async function text(stream: Readable): Promise<string> {
  return (await buffer(stream)).toString()
}
