import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { StorageError } from '../../src/exceptions.ts'
import { FilesystemStorage } from '../../src/storage/filesystem.ts'
import { createStorage } from '../../src/storage/index.ts'
import { speechKey } from '../../src/storage/key.ts'
import { storageConformance } from '../storage-conformance.ts'

const folders: string[] = []

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'voice-pocket-storage-'))
  folders.push(folder)
  return folder
}

after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

storageConformance(
  'FilesystemStorage',
  async () => new FilesystemStorage(join(await emptyFolder(), 'not', 'yet')),
)

describe('FilesystemStorage', () => {
  it('writes a file where its URL says', async () => {
    const storage = new FilesystemStorage(await emptyFolder())
    const key = speechKey('Kim@Example.com', '../x y')
    await storage.write(key, Buffer.from('sound'))
    assert.equal(await readFile(new URL(storage.url(key)), 'utf8'), 'sound')
  })

  it('takes an empty folder away, also while others write into it', async () => {
    const storage = new FilesystemStorage(await emptyFolder())
    await storage.write('a/one.parts/1', Buffer.from('1'))
    await storage.delete('a/one.parts/1')
    await storage.delete('a/one.parts/1')
    assert.deepEqual(await readdir(storage.root), ['.incoming', 'a'])
    const names = Array.from({ length: 40 }, (_, i) => `b/${i}`)
    await Promise.all(
      names.map(async (name, i) => {
        await storage.write(name, Buffer.from(name))
        if (i % 2 === 0) await storage.delete(name)
      }),
    )
    assert.equal((await readdir(join(storage.root, 'b'))).length, 20)
  })

  it('leaves nothing but the files themselves behind', async () => {
    const storage = new FilesystemStorage(await emptyFolder())
    await storage.write('a/one', Buffer.from('1'))
    await storage.create('a/one', Buffer.from('2'))
    await assert.rejects(
      storage.write(
        'a/two',
        (async function* () {
          yield Buffer.from('x')
          throw new Error('no')
        })(),
      ),
    )
    await storage.check()
    assert.deepEqual(await readdir(join(storage.root, '.incoming')), [])
    assert.deepEqual(await readdir(join(storage.root, 'a')), ['one'])
  })

  it('removes what a killed process left a day ago, and nothing younger', async () => {
    const storage = new FilesystemStorage(await emptyFolder())
    const incoming = join(storage.root, '.incoming')
    await mkdir(incoming)
    await writeFile(join(incoming, 'left'), 'half a file')
    await writeFile(join(incoming, 'being written'), 'half a file')
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000)
    await utimes(join(incoming, 'left'), yesterday, yesterday)
    await storage.check()
    assert.deepEqual(await readdir(incoming), ['being written'])
  })

  it('says what is wrong with a place that is no folder', async () => {
    const folder = await emptyFolder()
    await writeFile(join(folder, 'file'), '')
    await assert.rejects(new FilesystemStorage(join(folder, 'file')).check(), StorageError)
    const error = { name: 'StorageError', message: /file.*Check the folder/ }
    await assert.rejects(new FilesystemStorage(join(folder, 'file')).write('a/b', Buffer.from('x')), error)
  })
})

describe('createStorage', () => {
  it('takes relative and absolute folders', async () => {
    const roots = await Promise.all(
      ['file:./some%20data', 'file:some data', 'file:///srv/speech', 'file:/srv/speech'].map(
        async (url) => ((await createStorage(url)) as FilesystemStorage).root,
      ),
    )
    const here = join(process.cwd(), 'some data')
    assert.deepEqual(roots, [here, here, '/srv/speech', '/srv/speech'])
  })

  it('says which schemes there are', async () => {
    await assert.rejects(createStorage('s3://bucket'), /StorageError: .*"s3:\/\/bucket".*file:/)
    await assert.rejects(createStorage('constructor:x'), StorageError)
    await assert.rejects(createStorage('./data'), StorageError)
    await assert.rejects(createStorage('file:'), /names no folder/)
  })
})
